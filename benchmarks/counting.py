"""Memory that counts the read-modify-writes on its cells; everything else is the real memory's."""

from typing import Any, Final

from ringbuffer.memory import (
    PROCESS_MEMORY,
    Cell,
    CellView,
    FenceLock,
    FlagArray,
    Memory,
    MemoryBlock,
    SlotLayout,
    Slots,
    Word,
)


class CountingMemory:
    """Real memory that counts its `read_modify_writes`. One thread at a time: there is no lock."""

    def __init__(self, inner: Memory = PROCESS_MEMORY) -> None:
        self._inner = inner
        self.read_modify_writes = 0

    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> "CountingCell":
        """A cell that counts."""
        return CountingCell(self._inner.cell(initial), self)

    def flags(self, length: int, initial: int, /) -> FlagArray:
        """Flags; there is no read-modify-write on them."""
        return self._inner.flags(length, initial)

    def fence_lock(self) -> FenceLock:
        """A fence lock; its passages are the interpreter's business."""
        return self._inner.fence_lock()

    def block(self, size: int, /) -> MemoryBlock:
        """A block."""
        return self._inner.block(size)

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        """Slots."""
        return self._inner.event_slots(events)

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        """Slots."""
        return self._inner.value_slots(length, layout)


class CountingView:
    """A view of a cell that counts. Owning thread only."""

    def __init__(self, view: CellView, memory: CountingMemory) -> None:
        self._view, self._memory = view, memory
        self.word: Word = view.word

    def get(self) -> int:
        """Load."""
        return self.word[0]

    def set(self, value: int, /) -> None:
        """Store."""
        self.word[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        """Count, and do it."""
        self._memory.read_modify_writes += 1
        return self._view.compare_and_set(expected, desired)

    def has_set(self, expected: int, desired: int, /) -> bool:
        """Whether the last one that raised has set."""
        return self._view.has_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        """Count, and do it."""
        self._memory.read_modify_writes += 1
        return self._view.exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        """Count, and do it."""
        self._memory.read_modify_writes += 1
        return self._view.fetch_add(delta)


class CountingCell:
    """A cell that counts."""

    def __init__(self, cell: Cell, memory: CountingMemory) -> None:
        self._cell, self._memory = cell, memory

    def load(self) -> int:
        """Load."""
        return self._cell.load()

    def store(self, value: int, /) -> None:
        """Store."""
        self._cell.store(value)

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        """Count, and do it."""
        return self.view().compare_and_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        """Count, and do it."""
        return self.view().exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        """Count, and do it."""
        return self.view().fetch_add(delta)

    def view(self) -> CountingView:
        """The calling thread's own access."""
        return CountingView(self._cell.view(), self._memory)
