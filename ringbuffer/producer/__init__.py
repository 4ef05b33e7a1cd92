"""The producers' side: what a producing thread uses, and the ways to fill slots.

`single.py` and `multi.py` are hot: they run for each event. They explain why they look as they do.
"""

from ringbuffer.producer.binding import producer_ops
from ringbuffer.producer.claim import Claim
from ringbuffer.producer.event_sink import EventSink
from ringbuffer.producer.ops import ProducerOps
from ringbuffer.producer.producer import Producer
from ringbuffer.producer.translation import Translator

__all__ = ["Claim", "EventSink", "Producer", "ProducerOps", "Translator", "producer_ops"]
