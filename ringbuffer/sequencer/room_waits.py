"""`RoomWaits`: which producers have waited for room in a ring, and how often.

Written only where a producer begins to wait or gives up: a claim that finds room knows nothing of this. Each thread writes only
its own entry, so nothing is lost without a lock; putting an entry into a dictionary is atomic. The system gives the number of a
thread that has ended to a later one, which counts on from there: so the entries are no more than the threads that ever
produced at the same time.
"""

from typing import Final, NamedTuple


class RoomWait(NamedTuple):
    """What one thread has waited.

    Attributes:
        stalls: how often it began to wait for room.
        timeouts: how often it gave up because the time was over.
        wanted: the sequence that it waited for last. It waits for it still only as long as there is no room for it; None if
            that wait ended with an error.
    """

    stalls: int = 0
    timeouts: int = 0
    wanted: int | None = None


class RoomWaits:
    """The waits of all threads that produce into one ring. Any thread may look."""

    __slots__ = ("_by_thread",)

    def __init__(self) -> None:
        self._by_thread: Final[dict[int, RoomWait]] = {}

    def begin(self, thread: int, wanted: int) -> None:
        """The calling thread, whose number that is, begins to wait for room up to the sequence `wanted`."""
        wait = self._by_thread.get(thread, RoomWait())
        self._by_thread[thread] = wait._replace(stalls=wait.stalls + 1, wanted=wanted)

    def go_on(self, thread: int, wanted: int) -> None:
        """Others have claimed meanwhile: the calling thread waits for another sequence now."""
        self._by_thread[thread] = self._by_thread[thread]._replace(wanted=wanted)

    def give_up(self, thread: int, *, timed_out: bool) -> None:
        """The calling thread waits no more, and has claimed nothing."""
        wait = self._by_thread[thread]
        self._by_thread[thread] = wait._replace(timeouts=wait.timeouts + timed_out, wanted=None)

    def by_thread(self) -> dict[int, RoomWait]:
        """A copy, made at one moment."""
        return self._by_thread.copy()
