"""`Side`: one side of a `TwoLockRing`, those who put or those who get: their lock, their sequence, and what they know."""

from typing import Final

from ringbuffer.host import Lock
from ringbuffer.memory import Cell, Word
from ringbuffer.queues.waiters import Waiters

#: A limit below every sequence.
NEVER: Final = -2
#: The reach of the put side of a queue that is shut down: no sequence is within it.
NO_REACH: Final = -(1 << 62)


class Side(Waiters):
    """What belongs to one side. Everything with its lock held, also both words.

    Attributes:
        own: the side's own sequence, which it stores.
        other: the other side's sequence, which it loads.
        closed: not 0 once the queue is shut down.
        reach: how far its own sequence may be ahead of the other: `maxsize` for the put side, 0 for the get side.
        limit: the last sequence known to be within reach; it never exceeds the truth, because the other side only advances.
    """

    __slots__ = ("closed", "limit", "other", "own", "reach")

    def __init__(self, lock: Lock, own: Cell, other: Cell, closed: Cell, reach: int) -> None:
        super().__init__(lock)
        # Words of its own, so that the two sides do not count references on the same objects.
        self.own: Final[Word] = own.view().word
        self.other: Final[Word] = other.view().word
        self.closed: Final[Word] = closed.view().word
        self.reach = reach
        self.limit = NEVER

    def admits(self, sequence: int) -> bool:
        """Whether `sequence` is within reach and nobody waits for this side, by a fresh look; keeps the limit."""
        if self.waiting:
            return False
        self.limit = limit = self.other[0] + self.reach
        return sequence <= limit
