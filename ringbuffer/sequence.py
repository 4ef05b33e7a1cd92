"""`Sequence`: a counter that only its owner advances and that any thread may read.

A sequence is the number of the last event that its owner has published or finished; -1 before the
first. All coordination in a ring consists of comparing sequences.
"""

from typing import Final, Protocol

from ringbuffer.memory import PROCESS_MEMORY, CellView, Memory
from ringbuffer.one_process import OneProcess

#: The value of a sequence before its first event.
INITIAL_SEQUENCE: Final = -1


class Readable(Protocol):
    """An object that has a current sequence number."""

    def get(self) -> int:
        """The current sequence number, loaded with acquire semantics."""
        ...


class Sequence(OneProcess):
    """A sequence number in a padded cell of its own (LMAX Disruptor, `Sequence`). Any thread.

    Args:
        initial: where it starts.
        memory: what provides the cell.

    Hot loops use `view()`, which belongs to the thread that asked for it.

    Attributes:
        driver: what advances it, such as "processor 'parse'"; None while the library does not
            advance it.
        is_driven: whether its driver advances it now, so that no other code may move it. Hot code
            does not use these attributes.
        gating_group: the ring's group in which it gates, or None. Changed under the lock of that
            group.
    """

    __slots__ = ("_cell", "_has_stopped", "driver", "gating_group", "is_driven")

    def __init__(self, initial: int = INITIAL_SEQUENCE, *, memory: Memory = PROCESS_MEMORY) -> None:
        self._cell: Final = memory.cell(initial)
        self.gating_group: object = None
        self.driver: str | None = None
        self._has_stopped = False
        self.is_driven = False

    @property
    def has_stopped(self) -> bool:
        """Whether its driver has stopped, after its last advance; set by processors and streams."""
        return self._has_stopped

    @has_stopped.setter
    def has_stopped(self, value: bool) -> None:
        self._has_stopped = value

    def get(self) -> int:
        """Load with acquire semantics.

        What was written before the matching `set` is visible after this.
        """
        return self._cell.load()

    def set(self, value: int) -> None:
        """Store with release semantics.

        What this thread wrote before is visible to any thread that reads `value`.
        """
        self._cell.store(value)

    def compare_and_set(self, expected: int, desired: int) -> bool:
        """Replace `expected` by `desired` atomically if it is stored; return whether it was."""
        return self._cell.compare_and_set(expected, desired)

    def get_and_add(self, delta: int) -> int:
        """Add `delta` atomically and return the value before."""
        return self._cell.fetch_add(delta)

    def add_and_get(self, delta: int) -> int:
        """Add `delta` atomically and return the value after."""
        return self._cell.fetch_add(delta) + delta

    def view(self) -> CellView:
        """The calling thread's own access to this sequence."""
        return self._cell.view()

    def __repr__(self) -> str:
        return f"Sequence({self.get()})"
