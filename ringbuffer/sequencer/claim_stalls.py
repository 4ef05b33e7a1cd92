"""`ClaimStalls`: which producers have waited for free capacity in a ring, and how often.

A producer writes here only when it begins to wait or gives up. A claim that finds free capacity
writes nothing.

Each thread writes only its own entry, so no count is lost without a lock. Storing an entry in a
dictionary is atomic. The system reuses the number of a thread that has ended; the later thread adds
to the same entry. So there are at most as many entries as threads that ever produced at the same
time.
"""

from typing import Final, NamedTuple


class ClaimStall(NamedTuple):
    """How one thread has waited.

    Attributes:
        stalls: how often it began to wait for free capacity.
        timeouts: how often it gave up because its time had passed.
        wanted: the sequence that it waited for last; None if that wait ended with an error. The
            thread still waits for it only while there is no capacity for it.
    """

    stalls: int = 0
    timeouts: int = 0
    wanted: int | None = None


class ClaimStalls:
    """The waits of all threads that produce into one ring. Any thread may look."""

    __slots__ = ("_by_thread",)

    def __init__(self) -> None:
        self._by_thread: Final[dict[int, ClaimStall]] = {}

    def begin(self, thread: int, wanted: int) -> None:
        """Note that the calling thread, `thread`, begins to wait for capacity up to `wanted`."""
        wait = self._by_thread.get(thread, ClaimStall())
        self._by_thread[thread] = wait._replace(stalls=wait.stalls + 1, wanted=wanted)

    def go_on(self, thread: int, wanted: int) -> None:
        """Note that the calling thread now waits for another sequence: other producers claimed."""
        self._by_thread[thread] = self._by_thread[thread]._replace(wanted=wanted)

    def give_up(self, thread: int, *, timed_out: bool) -> None:
        """Note that the calling thread has stopped waiting and has claimed nothing."""
        wait = self._by_thread[thread]
        self._by_thread[thread] = wait._replace(timeouts=wait.timeouts + timed_out, wanted=None)

    def end(self, thread: int) -> None:
        """Note that the calling thread has stopped waiting: an error or interrupt ended its claim.

        Does nothing if the thread does not wait.
        """
        wait = self._by_thread.get(thread)
        if wait is not None and wait.wanted is not None:
            self._by_thread[thread] = wait._replace(wanted=None)

    def by_thread(self) -> dict[int, ClaimStall]:
        """A copy of all entries, made at one moment."""
        return self._by_thread.copy()
