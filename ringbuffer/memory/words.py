"""`Block` and `OrderedWord`: aligned memory, and integers in it for ordered loads and stores."""

import ctypes
import functools
from typing import Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory.libpatomic import AtomicOperations, Order, bind

CELL_BYTES: Final = 128
VALUE_OFFSET: Final = 56

#: The operations on integers of 8 bytes.
WORD: Final = bind(8)
_ACQUIRE: Final = ctypes.c_int(Order.ACQUIRE)
_RELEASE: Final = ctypes.c_int(Order.RELEASE)


class Block:
    """Zeroed memory that starts and ends on a 128-byte boundary. Any thread.

    Raises:
        MemoryBindingError: libpatomic asks for a coarser alignment than a cell's value has.
    """

    __slots__ = ("_raw", "_start", "_stop", "address")

    def __init__(self, size: int) -> None:
        self._raw: Final = ctypes.create_string_buffer(size + CELL_BYTES - 1)
        base = ctypes.addressof(self._raw)
        self._start: Final = -base % CELL_BYTES
        self._stop: Final = self._start + size
        self.address: Final = base + self._start
        if (self.address + VALUE_OFFSET) % WORD.alignment:
            raise MemoryBindingError(
                f"libpatomic asks for 8-byte integers aligned to {WORD.alignment} bytes; a cell's "
                f"value is at offset {VALUE_OFFSET} of a block aligned to {CELL_BYTES}"
            )

    def bytes(self) -> "memoryview[int]":
        """The calling thread's own `memoryview` of the block, which keeps it alive.

        It is made from the ctypes array every time, never sliced from a view that threads share. A
        slice counts itself on the view that it was sliced from, and CPython 3.13t does not count
        atomically there. A thread that slices a shared `memoryview` may then find it released.
        """
        return memoryview(self._raw).cast("B")[self._start : self._stop]

    def pointer(self, offset: int) -> object:
        """The address of a byte of the block, as a prepared argument of a C function.

        It keeps the block alive. `byref` makes the object that `ctypes` would otherwise make of the
        argument in every call.
        """
        return ctypes.byref(ctypes.c_char.from_buffer(self._raw, self._start + offset))


class OrderedWord:
    """A row of integers, read with load-acquire and written with store-release. Owning thread only.

    It calls libpatomic for both.
    """

    __slots__ = ("_address", "_base", "_block", "_length", "_load", "_scratch", "_store", "_width")

    def __init__(
        self, operations: AtomicOperations, block: Block, offset: int, length: int
    ) -> None:
        scratch = Block(CELL_BYTES)
        operand = scratch.pointer(0)
        self._block = block  # keeps the memory alive
        self._base = block.address + offset
        self._length = length
        self._width = operations.width
        self._scratch = scratch.bytes()[: operations.width].cast(
            "q" if operations.width == 8 else "B"
        )
        self._address = ctypes.c_void_p(self._base)
        self._load = functools.partial(operations.load, self._address, _ACQUIRE, operand)
        self._store = functools.partial(operations.store, self._address, operand, _RELEASE)

    def _aim_at(self, index: int) -> None:
        """Point the prepared address at item `index`; libpatomic gets it at the call."""
        if not 0 <= index < self._length:
            raise IndexError(f"index {index} is outside [0, {self._length})")
        self._address.value = self._base + index * self._width

    def __getitem__(self, index: int) -> int:
        self._aim_at(index)
        self._load()
        return self._scratch[0]

    def __setitem__(self, index: int, value: int) -> None:
        self._aim_at(index)
        self._scratch[0] = value
        self._store()
