"""`PerThreadCounter`: a sum to which many threads add, without a lock or an atomic operation.

Each thread adds to its own entry, so no addition is lost; storing an entry in a dictionary is
atomic. The system reuses the number of a thread that has ended; the later thread adds to the same
entry. So there are at most as many entries as threads that ever counted at the same time.
"""

from typing import Final


class PerThreadCounter:
    """A sum that only grows. Any thread may add to it, and read it."""

    __slots__ = ("_by_thread",)

    def __init__(self) -> None:
        self._by_thread: Final[dict[int, float]] = {}

    def add(self, thread: int, amount: float = 1) -> None:
        """Add `amount` for the calling thread, whose number is `thread`."""
        by_thread = self._by_thread
        by_thread[thread] = by_thread.get(thread, 0) + amount

    @property
    def total(self) -> float:
        """What all threads have added. `copy` is atomic: no entry changes while they are summed."""
        return sum(self._by_thread.copy().values())
