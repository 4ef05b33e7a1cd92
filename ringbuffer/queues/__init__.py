"""Queues with the faces that users know, on a ring: each item to one consumer, in order."""

from queue import Empty, Full, ShutDown

from ringbuffer.queues.async_queue import AsyncQueue
from ringbuffer.queues.queue import Queue

__all__ = ["AsyncQueue", "Empty", "Full", "Queue", "ShutDown"]
