"""Tests that run a race again and again: a few times in `make test`, often in `make verify`."""

import pytest


def repeated(few: int, often: int) -> pytest.MarkDecorator:
    """Run a test twice, with the argument `times`: `few`, and, marked `verify`, `often`."""
    return pytest.mark.parametrize("times", [few, pytest.param(often, marks=pytest.mark.verify)])
