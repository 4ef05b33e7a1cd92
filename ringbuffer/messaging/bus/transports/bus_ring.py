"""`BusRing`: the ring of a `RingBufferEventBus`."""

from collections.abc import Callable
from typing import Any

from ringbuffer.ring_buffer import RingBuffer


class BusRing(RingBuffer[Any]):
    """A ring whose consumers do not depend on each other, so that an advance wakes none of them.

    With a hundred handlers, such wake-ups would be most of their work.
    """

    def on_advance(self) -> Callable[[], None] | None:
        """The function that reclaims slots; it sends no signal."""
        return self.bind_reclaim()
