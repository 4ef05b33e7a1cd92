"""Queues with the standard library's interfaces, on a ring: each item goes to one consumer."""

from queue import Empty, Full, ShutDown
from typing import TYPE_CHECKING

from ringbuffer.lazy import lazy_names
from ringbuffer.queues.queue import Queue

if TYPE_CHECKING:
    from ringbuffer.queues.async_queue import AsyncQueue
else:  # it loads asyncio
    __getattr__, __dir__ = lazy_names(__name__, {"AsyncQueue": "ringbuffer.queues.async_queue"})

__all__ = ["AsyncQueue", "Empty", "Full", "Queue", "ShutDown"]
