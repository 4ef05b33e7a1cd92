"""`Tally`: a count to which many threads add, without a lock and without an atomic operation.

Each thread adds to an entry of its own, so no addition is lost; putting an entry into a dictionary is atomic. The system
gives the number of a thread that has ended to a later one, which counts on from there: so the entries are no more than the
threads that ever counted at the same time.
"""

from typing import Final


class Tally:
    """A sum that only grows. Any thread may add, and look."""

    __slots__ = ("_by_thread",)

    def __init__(self) -> None:
        self._by_thread: Final[dict[int, float]] = {}

    def add(self, thread: int, amount: float = 1) -> None:
        """Add `amount` for the calling thread, whose number is `thread`."""
        by_thread = self._by_thread
        by_thread[thread] = by_thread.get(thread, 0) + amount

    @property
    def total(self) -> float:
        """What all threads have added. `copy` is atomic: nobody changes the entries while they are summed."""
        return sum(self._by_thread.copy().values())
