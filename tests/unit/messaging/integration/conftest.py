"""The fixture of these tests."""

from tests.unit.messaging.integration.kit import system

__all__ = ["system"]
