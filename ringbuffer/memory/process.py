"""`ProcessMemory`: cells, flags and slots in this process's own memory.

Layout of a cell. As in the Disruptor's padded sequence, the value shares neither a cache line nor
an adjacent-line prefetch with other data:

    128-aligned                                                          next 128-aligned block
    |<------------- 56 bytes ------------->|<- value, 8 ->|<------------- 64 bytes ------------->|

What loads, stores, and replaces the value is the choice of an `AtomicOperations`: see choice.py.
`docs/memory-model.md` explains why each access of the protocol may use the order that it uses.
"""

from typing import Final

from ringbuffer.memory.choice import atomic_operations
from ringbuffer.memory.fence_lock import ListFenceLock, SwapFenceLock
from ringbuffer.memory.operations import AtomicOperations
from ringbuffer.memory.protocols import (
    CellView,
    FenceLock,
    FlagView,
    SlotLayout,
)
from ringbuffer.memory.slots import (
    SLOTS_PER_STRIPE,
    ProcessEventSlots,
    ProcessStripedSlots,
    ProcessValueSlots,
)
from ringbuffer.memory.words import (
    CELL_BYTES,
    LISTS_ARE_LOCKED,
    VALUE_OFFSET,
    Block,
    WordKind,
)


class ProcessCell:
    """One signed 64-bit integer, alone in 128 bytes. Any thread.

    Each method makes its own view, so that threads do not share one.

    Args:
        initial: what it holds at first; None keeps what the block holds.
        operations: what loads and stores it.
        block: where it is; None allocates a block.
    """

    __slots__ = ("_block", "_operations")

    def __init__(
        self, initial: int | None, operations: AtomicOperations, block: Block | None = None
    ) -> None:
        self._block: Final = Block(CELL_BYTES) if block is None else block
        self._operations: Final = operations
        if initial is not None:
            self.store(initial)

    @property
    def address(self) -> int:
        """The address of the value, for tests of the layout."""
        return self._block.address + VALUE_OFFSET

    def load(self) -> int:
        return self._operations.word(self._block, VALUE_OFFSET)[0]

    def store(self, value: int, /) -> None:
        self._operations.word(self._block, VALUE_OFFSET)[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        return self.view().compare_and_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        return self.view().exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        return self.view().fetch_add(delta)

    def view(self) -> CellView:
        return self._operations.cell_view(self._block, VALUE_OFFSET)


class ProcessFlagArray:
    """A row of one-byte flags that shares no cache line with other data. Any thread."""

    __slots__ = ("_block", "_length", "_operations")

    def __init__(self, length: int, initial: int, operations: AtomicOperations) -> None:
        self._block: Final = Block(-(-length // CELL_BYTES) * CELL_BYTES)
        self._length: Final = length
        self._operations: Final = operations
        self.view().fill(0, length, initial)

    def view(self) -> FlagView:
        return self._operations.flag_view(self._block, self._length)


class ProcessMemory:
    """Memory of this process. Any thread.

    Args:
        atomics: what the operations come from: "atomics", "native" or "libatomic", or any
            `AtomicOperations`. The default is what the environment variable `RINGBUFFER_ATOMICS`
            names, or the first of these that is installed.
        words: how words are loaded and stored, if `atomics` is not native; the default is the
            fastest way that is right on this machine. `WordKind.CALLED` is right on every machine.

    Raises:
        MemoryBindingError: the operations cannot be had.
        ValueError: `atomics` is unknown, or words of this kind are not ordered on this machine.
    """

    __slots__ = ("atomics", "words_in_one_step")

    def __init__(
        self,
        *,
        atomics: str | AtomicOperations | None = None,
        words: WordKind | None = None,
    ) -> None:
        self.atomics: Final[AtomicOperations] = (
            atomic_operations(atomics, words)
            if atomics is None or isinstance(atomics, str)
            else atomics
        )
        self.words_in_one_step: Final = self.atomics.words_in_one_step

    def cell(self, initial: int = 0, /) -> ProcessCell:
        return ProcessCell(initial, self.atomics)

    def flags(self, length: int, initial: int, /) -> ProcessFlagArray:
        return ProcessFlagArray(length, initial, self.atomics)

    def fence_lock(self) -> FenceLock:
        return ListFenceLock() if LISTS_ARE_LOCKED else SwapFenceLock(self.cell())

    def block(self, size: int, /) -> Block:
        return Block(size)

    def event_slots[T](self, events: list[T], /) -> ProcessEventSlots[T]:
        return ProcessEventSlots(events)

    def value_slots(
        self, length: int, /, layout: SlotLayout = SlotLayout.FLAT
    ) -> ProcessValueSlots | ProcessStripedSlots:
        if layout is SlotLayout.PER_SLOT:
            return ProcessStripedSlots(length, 1)
        if layout is SlotLayout.STRIPED and length > SLOTS_PER_STRIPE:
            return ProcessStripedSlots(length)
        return ProcessValueSlots(length)


#: The memory that is used where none is given.
PROCESS_MEMORY: Final = ProcessMemory()
