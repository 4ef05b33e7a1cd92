"""The slots of a ring in this process: events that stay in place, or values that change."""

from typing import Any, Final

from ringbuffer.memory.striped import StripedSlots

#: Slots in a row: about as many as a thread often moves at a time, and so few that two threads
#: seldom use the same row.
SLOTS_PER_STRIPE: Final = 128


class ProcessEventSlots[T]:
    """Slots whose events stay in place: each thread reads its own copy of the list. Any thread."""

    __slots__ = ("_events",)

    def __init__(self, events: list[T]) -> None:
        self._events: Final = events

    def view(self) -> list[T]:
        """The calling thread's own list of the events."""
        return self._events.copy()


class ProcessValueSlots:
    """Slots whose values change: one list for all threads, so a batch moves as a slice. Any thread.

    The length of the list never changes, so its storage does not move. CPython stores an item of a
    list with release and loads it with acquire, and copies slices under the list's own lock. Only
    the sequences decide which thread may use which slots.
    """

    __slots__ = ("_values",)

    def __init__(self, length: int) -> None:
        self._values: Final[list[Any]] = [None] * length

    def view(self) -> list[Any]:
        """The list itself. Never change its length, not even by assigning to a slice."""
        return self._values


class ProcessStripedSlots:
    """Slots whose values change and move in batches: several lists, called rows. Any thread.

    Two threads seldom need the lock of the same row. Each row is a list as in `ProcessValueSlots`,
    with the same guarantees. A batch that spans several rows is stored and copied row by row.

    Args:
        length: of all rows together, a power of two.
        row_length: of each row, also a power of two, and at most `length`.
    """

    __slots__ = ("_rows",)

    def __init__(self, length: int, row_length: int = SLOTS_PER_STRIPE) -> None:
        self._rows: Final[list[list[Any]]] = [
            [None] * row_length for _ in range(length // row_length)
        ]

    def view(self) -> StripedSlots:
        """The calling thread's own access."""
        return StripedSlots(self._rows)
