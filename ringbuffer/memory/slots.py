"""The slots of a ring in this process: objects that stay where they are, or values that come and go."""

from typing import Any, Final

from ringbuffer.memory.rows import RowView

#: Slots in a row: as many as threads often move at a time, and few enough that they seldom have the same row.
SLOTS_PER_ROW: Final = 128


class ProcessEventSlots[T]:
    """Slots whose events stay where they are: each thread reads its own copy of the list. Any thread."""

    __slots__ = ("_events",)

    def __init__(self, events: list[T]) -> None:
        self._events: Final = events

    def view(self) -> list[T]:
        """The calling thread's own list of the events."""
        return self._events.copy()


class ProcessValueSlots:
    """Slots whose values change: one list for all threads, so that a batch moves as a slice. Any thread.

    Its length never changes, so neither does its storage; CPython stores an item of a list with release and loads it with
    acquire, and copies slices under the list's own lock. Who may touch which slots, sequences alone decide.
    """

    __slots__ = ("_values",)

    def __init__(self, length: int) -> None:
        self._values: Final[list[Any]] = [None] * length

    def view(self) -> list[Any]:
        """The list itself: never append to it, and assign to a slice only as many values as it has."""
        return self._values


class ProcessRowSlots:
    """Slots whose values change, and move in batches: rows of them, so that threads seldom share a lock. Any thread.

    Each row is a list like the one of `ProcessValueSlots`, and what is said there is true of it. A batch that goes through
    several rows is stored, and copied, row by row.

    Args:
        length: of all rows together, a power of two.
        row_length: of each of them, a power of two too, and at most `length`.
    """

    __slots__ = ("_rows",)

    def __init__(self, length: int, row_length: int = SLOTS_PER_ROW) -> None:
        self._rows: Final[list[list[Any]]] = [[None] * row_length for _ in range(length // row_length)]

    def view(self) -> RowView:
        """The calling thread's own access."""
        return RowView(self._rows)
