"""Consumers without a processor: they run in the caller's thread, or in an event loop."""

from ringbuffer.readers.async_wait import AsyncBarrierWait
from ringbuffer.readers.poller import EventPoller, PollState
from ringbuffer.readers.readable_ring import ReadableRing
from ringbuffer.readers.record_reader import RecordReader
from ringbuffer.readers.slot_reader import SlotReader
from ringbuffer.readers.stream import EventStream

__all__ = [
    "AsyncBarrierWait",
    "EventPoller",
    "EventStream",
    "PollState",
    "ReadableRing",
    "RecordReader",
    "SlotReader",
]
