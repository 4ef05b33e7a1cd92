"""Consuming without a processor: in the caller's thread, or in an event loop."""

from ringbuffer.readers.bridge import Bridge
from ringbuffer.readers.poller import EventPoller, PollState
from ringbuffer.readers.slot_reader import SlotReader
from ringbuffer.readers.source import Source
from ringbuffer.readers.stream import EventStream

__all__ = ["Bridge", "EventPoller", "EventStream", "PollState", "SlotReader", "Source"]
