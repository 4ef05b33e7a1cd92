"""`Block`: aligned memory. `WordKind`: how an integer in it is loaded and stored."""

import ctypes
import enum
import platform
import struct
import sys
from typing import Any, Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory.fence_lock import ListFenceLock
from ringbuffer.memory.store_locks import stores_take_locks

CELL_BYTES: Final = 128
VALUE_OFFSET: Final = 56

#: Whether this interpreter locks a list while it stores an item, as all that were tried do.
LISTS_ARE_LOCKED: Final = stores_take_locks(ListFenceLock)
#: Whether an aligned 8-byte move has acquire (load) and release (store) semantics: on 64-bit
#: machines with total store order; and in a build with a GIL, which a thread holds while it moves.
#: Without `abiflags` it is not known whether there is a GIL.
PLAIN_MOVES_ARE_ORDERED: Final = struct.calcsize("P") == 8 and (
    platform.machine().lower() in {"x86_64", "amd64"} or "t" not in getattr(sys, "abiflags", "t")
)


class WordKind(enum.Enum):
    """How the words of cells are loaded and stored, if no native code does it."""

    #: Moves through a `memoryview`, where these are ordered.
    PLAIN = "plain moves"
    #: The same moves, and a lock of the interpreter as a fence: right on every machine, where the
    #: interpreter locks lists.
    FENCED = "moves and a lock as a fence"
    #: Foreign calls: right on every machine, and slow.
    CALLED = "calls"


def allowed_kinds() -> tuple[WordKind, ...]:
    """The kinds that are right on this machine with this interpreter, the fastest first."""
    kinds = {WordKind.PLAIN: PLAIN_MOVES_ARE_ORDERED, WordKind.FENCED: LISTS_ARE_LOCKED}
    return tuple(kind for kind in WordKind if kinds.get(kind, True))


def check_alignment(alignment: int, width: int) -> None:
    """Check that integers of cells and flags are aligned as coarsely as a C library asks.

    Raises:
        MemoryBindingError: they are not.
    """
    offset = VALUE_OFFSET if width == 8 else 1
    if offset % alignment:
        raise MemoryBindingError(
            f"the library asks for integers of {width} bytes aligned to {alignment} bytes; one is "
            f"at offset {offset} of a block aligned to {CELL_BYTES}"
        )


class Block:
    """Zeroed memory that starts and ends on a 128-byte boundary. Any thread.

    Args:
        size: bytes.
        within: memory that other code has made, such as a mapping; None allocates.
        start: where the block begins in `within`, a multiple of 128.
    """

    __slots__ = ("_raw", "_start", "_stop", "address")

    def __init__(self, size: int, within: Any = None, start: int = 0) -> None:
        self._raw: Final[Any] = (
            ctypes.create_string_buffer(size + CELL_BYTES - 1) if within is None else within
        )
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._raw))
        if within is None:
            start = -base % CELL_BYTES
        self._start: Final = start
        self._stop: Final = start + size
        self.address: Final = base + self._start

    def bytes(self) -> "memoryview[int]":
        """The calling thread's own `memoryview` of the block, which keeps it alive.

        It is made from the ctypes array every time, never sliced from a view that threads share. A
        slice counts itself on the view that it was sliced from, and CPython 3.13t does not count
        atomically there. A thread that slices a shared `memoryview` may then find it released.
        """
        return memoryview(self._raw).cast("B")[self._start : self._stop]

    def pointer(self, offset: int) -> object:
        """The address of 8 bytes of the block, as a prepared argument of a C function.

        It keeps the block alive. `byref` makes the object that `ctypes` would otherwise make of the
        argument in every call.
        """
        return ctypes.byref(ctypes.c_int64.from_buffer(self._raw, self._start + offset))


class FencedWord:
    """A row of integers that a `memoryview` moves, with a fence at each move. Owning thread only.

    The fence is a passage through a lock that only this thread uses. CPython takes a list's lock by
    one sequentially consistent compare-and-swap, and releases it by another. Nothing moves across
    both. So what follows a load stays after it (acquire), and what precedes a store stays before it
    (release). See docs/memory-model.md.
    """

    __slots__ = ("_fence", "_moves")

    def __init__(self, moves: "memoryview[int]") -> None:
        self._moves: Final = moves
        self._fence: Final = ListFenceLock()

    def __getitem__(self, index: int, /) -> int:
        value = self._moves[index]
        self._fence[0] = None
        return value

    def __setitem__(self, index: int, value: int, /) -> None:
        self._fence[0] = None
        self._moves[index] = value
