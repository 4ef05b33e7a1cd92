"""`PlacedMemory`: cells at fixed places of a mapping, one after the other.

A sequencer asks its memory for cells while it is made. Each process that makes the same sequencer
over the same mapping asks in the same order, and so gets the same places. Only the process that
creates the ring stores the initial values. What is made later, such as the alert of a barrier, is
the process's own.

Why the words are in order between processes. On x86-64 plain moves are. A word that is fenced
passes a lock of its own thread, by a compare-and-swap. That is a fence for every processor, in a
build without a GIL. A GIL orders only the threads of one process. So in a build with a GIL, on
other processors, words are foreign calls.
"""

import platform
import sys
from typing import Any, Final, NoReturn

from ringbuffer.memory.choice import atomic_operations
from ringbuffer.memory.foreign import ForeignOperations
from ringbuffer.memory.mapping import Mapping
from ringbuffer.memory.operations import AtomicOperations
from ringbuffer.memory.process import ProcessCell, ProcessMemory
from ringbuffer.memory.protocols import FenceLock, FlagArray, SlotLayout, Slots
from ringbuffer.memory.words import CELL_BYTES, Block, WordKind


def shared_operations() -> AtomicOperations:
    """The operations of this process, whose words are in order between processes too.

    Raises:
        MemoryBindingError: no source of them is installed.
    """
    operations = atomic_operations()
    if (
        isinstance(operations, ForeignOperations)
        and platform.machine().lower() not in {"x86_64", "amd64"}
        and "t" not in getattr(sys, "abiflags", "")
    ):
        return atomic_operations(operations.name, WordKind.CALLED)
    return operations


class PlacedMemory:
    """Cells in a part of a mapping. See `Memory`. Any thread, once it is sealed.

    Args:
        mapping: the shared memory.
        operations: what loads and stores; see `shared_operations`.
        offset: where the first cell is.
        cells: how many cells there is room for.
        creating: whether cells get their initial values.
    """

    __slots__ = ("_creating", "_local", "_mapping", "_next", "_sealed", "_stop", "atomics")

    def __init__(
        self,
        mapping: Mapping,
        operations: AtomicOperations,
        offset: int,
        cells: int,
        creating: bool,
    ) -> None:
        self.atomics: Final = operations
        self._mapping: Final = mapping
        self._local: Final = ProcessMemory(atomics=operations)
        self._next = offset
        self._stop: Final = offset + cells * CELL_BYTES
        self._creating: Final = creating
        self._sealed = False

    @property
    def words_in_one_step(self) -> bool:
        return self.atomics.words_in_one_step

    def seal(self) -> None:
        """Make what is asked for from now on in this process's own memory."""
        self._sealed = True

    def cell(self, initial: int = 0, /) -> ProcessCell:
        if self._sealed:
            return self._local.cell(initial)
        if self._next >= self._stop:
            raise ValueError("no room for another cell: the layout and the library do not agree")
        block = self._mapping.block(self._next, CELL_BYTES)
        self._next += CELL_BYTES
        return ProcessCell(initial if self._creating else None, self.atomics, block)

    def fence_lock(self) -> FenceLock:
        return self._local.fence_lock()

    def flags(self, length: int, initial: int, /) -> FlagArray:
        raise TypeError("a ring between processes has a single producer, and no flags")

    def block(self, size: int, /) -> Block:
        return self._local.block(size)

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        _refuse_objects()

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        _refuse_objects()


def _refuse_objects() -> NoReturn:
    raise TypeError(
        "Python objects cannot be in a ring between processes: describe records by a numpy dtype, "
        "a struct format or a ctypes structure"
    )
