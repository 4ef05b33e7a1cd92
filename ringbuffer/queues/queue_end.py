"""`QueueEnd`: one side of a `TwoLockRing`, the threads that put or the threads that get.

A side has its lock, its sequence, and what its threads know about the other side.
"""

from typing import ClassVar, Final

from ringbuffer.forks import made_here
from ringbuffer.host import Lock
from ringbuffer.memory import Cell, Word
from ringbuffer.queues.waiters import Waiters
from ringbuffer.system import SystemEvent

#: A limit below every sequence.
NEVER: Final = -2
#: The reach of the put side of a queue that is shut down: no sequence is within it.
NO_REACH: Final = -(1 << 62)


class QueueEnd(Waiters):
    """What belongs to one side. Use all of it, both words too, with the side's lock held.

    Attributes:
        own: the side's own sequence, which it stores.
        other: the other side's sequence, which this side loads.
        closed: not 0 after the queue is shut down.
        reach: how far its own sequence may be ahead of the other: `maxsize` for the put side, 0 for
            the get side.
        limit: the last sequence known to be within reach. It is never too high, because the other
            side only advances.
    """

    __slots__ = ("__weakref__", "closed", "limit", "other", "own", "reach")

    def __init__(self, lock: Lock, own: Cell, other: Cell, closed: Cell, reach: int) -> None:
        super().__init__(lock)
        # Words of its own, so that the two sides do not count references on the same objects.
        self.own: Final[Word] = own.view().word
        self.other: Final[Word] = other.view().word
        self.closed: Final[Word] = closed.view().word
        self.reach = reach
        self.limit = NEVER
        made_here(self)

    _in_child: ClassVar[None] = None

    def _after_fork(self, made_in: int) -> None:
        """In a child process: let the fast paths find nothing within reach.

        The ring refuses the slow paths. A thread that waits here, and forked in a signal handler,
        continues in the child, so this wakes it.
        """
        for waiter in self.waiting:
            # This leaves the loop of a task alone, because the parent shares it.
            if isinstance(waiter, SystemEvent):
                waiter.set()
        self.waiting.clear()
        self.limit, self.reach = NEVER, NO_REACH

    def admits(self, sequence: int) -> bool:
        """Whether `sequence` is within reach and no thread waits for this side.

        Loads the other side's sequence, and keeps the limit that follows from it.
        """
        if self.waiting:
            return False
        self.limit = limit = self.other[0] + self.reach
        return sequence <= limit
