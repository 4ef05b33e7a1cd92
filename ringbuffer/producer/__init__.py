"""The producers' side: a handle a thread, and the ways to fill slots."""

from ringbuffer.producer.claim import Claim
from ringbuffer.producer.producer import Producer
from ringbuffer.producer.publishing import Publishing
from ringbuffer.producer.translation import Translator

__all__ = ["Claim", "Producer", "Publishing", "Translator"]
