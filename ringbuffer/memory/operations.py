"""`AtomicOperations`: where `ProcessMemory` gets the views of its cells and flags."""

from typing import Protocol

from ringbuffer.memory.protocols import CellView, FlagView, Word
from ringbuffer.memory.words import Block


class AtomicOperations(Protocol):
    """Atomic operations on memory, of one C library. Any thread.

    Implementations: `ForeignOperations` over libpatomic or libatomic, and `NativeOperations`. The
    tests of `tests/unit/memory` hold for each of them.
    """

    @property
    def name(self) -> str:
        """What `RINGBUFFER_ATOMICS` calls it."""
        ...

    @property
    def source(self) -> str:
        """What it comes from, for people."""
        ...

    @property
    def words_in_one_step(self) -> bool:
        """Whether the load or store of a word is one bytecode, in which no signal handler runs."""
        ...

    @property
    def ordering(self) -> str:
        """How loads and stores get their order, for people."""
        ...

    def word(self, block: Block, offset: int, /) -> Word:
        """The calling thread's own word for the 8-byte integer at `offset`."""
        ...

    def cell_view(self, block: Block, offset: int, /) -> CellView:
        """The calling thread's own view of the 8-byte integer at `offset`."""
        ...

    def flag_view(self, block: Block, length: int, /) -> FlagView:
        """The calling thread's own view of the first `length` bytes, each a flag."""
        ...
