"""Queues of messages: one protocol, two implementations."""

from ringbuffer.messaging.queues.acknowledgement import (
    Acknowledgement,
    LockedDelivery,
    LockTimeoutError,
    RejectedError,
    UnacknowledgedError,
)
from ringbuffer.messaging.queues.channel import ChannelQueue
from ringbuffer.messaging.queues.consumer import Consumer
from ringbuffer.messaging.queues.factory import create_queue
from ringbuffer.messaging.queues.queue import CloseReport, InMemoryQueue
from ringbuffer.messaging.queues.ring import RingBufferQueue

__all__ = [
    "Acknowledgement",
    "ChannelQueue",
    "CloseReport",
    "Consumer",
    "InMemoryQueue",
    "LockTimeoutError",
    "LockedDelivery",
    "RejectedError",
    "RingBufferQueue",
    "UnacknowledgedError",
    "create_queue",
]
