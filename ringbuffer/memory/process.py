"""`ProcessMemory`: cells and flags in this process's own memory, over libpatomic.

Layout of a cell (as in the Disruptor's padded sequence: nothing else within a cache line, or an adjacent-line
prefetch, of the value):

    128-aligned                                                          next 128-aligned block
    |<------------- 56 bytes ------------->|<- value, 8 ->|<------------- 64 bytes ------------->|

Loads and stores. On x86-64 an aligned 8-byte move through a `memoryview` is a load-acquire or a store-release (total
store order), so a word is the `memoryview` itself. Elsewhere it is an object that calls libpatomic's load-acquire and
store-release. `PLAIN_MOVES_ARE_ORDERED` is the one place that chooses. Read-modify-write is libpatomic everywhere.
`docs/memory-model.md` says why each access of the protocol may use what it uses.
"""

import ctypes
import functools
import platform
import struct
from collections.abc import Callable
from typing import Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory.libpatomic import AtomicOperations, Order, bind
from ringbuffer.memory.protocols import Word
from ringbuffer.memory.slots import SLOTS_PER_ROW, ProcessEventSlots, ProcessRowSlots, ProcessValueSlots

CELL_BYTES: Final = 128
VALUE_OFFSET: Final = 56

#: Whether an aligned 8-byte move has acquire (load) and release (store) semantics: total store order, 64-bit.
PLAIN_MOVES_ARE_ORDERED: Final = platform.machine().lower() in {"x86_64", "amd64"} and struct.calcsize("P") == 8

# A range of flags is copied in pieces of at most this many bytes, so that the C library's memmove never
# switches to non-temporal stores, which total store order does not cover.
_FILL_BYTES: Final = 4096
#: As many flags of each value.
_ROWS: Final = tuple(bytes((value,)) * _FILL_BYTES for value in (0, 1))

_WORD: Final = bind(8)
_BYTE: Final = bind(1)
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
        if (self.address + VALUE_OFFSET) % _WORD.alignment:
            raise MemoryBindingError(
                f"libpatomic asks for 8-byte integers aligned to {_WORD.alignment} bytes; a cell's value is at "
                f"offset {VALUE_OFFSET} of a block aligned to {CELL_BYTES}"
            )

    def bytes(self) -> "memoryview[int]":
        """The calling thread's own `memoryview` of the block, which keeps it alive.

        Made from the ctypes array every time, never sliced from a view that threads share: slices count themselves on
        what they were sliced from, and CPython 3.13t does not count atomically there. Threads that slice one shared
        `memoryview` now and then find it released.
        """
        return memoryview(self._raw).cast("B")[self._start : self._stop]

    def pointer(self, offset: int) -> object:
        """The address of a byte of the block, as a prepared argument of a C function; it keeps the block alive.

        `byref` makes what `ctypes` would otherwise make of an argument in every call.
        """
        return ctypes.byref(ctypes.c_char.from_buffer(self._raw, self._start + offset))


class OrderedWord:
    """A row of integers read with load-acquire and written with store-release through libpatomic. Owning thread only."""

    __slots__ = ("_address", "_base", "_block", "_length", "_load", "_scratch", "_store", "_width")

    def __init__(self, operations: AtomicOperations, block: Block, offset: int, length: int) -> None:
        scratch = Block(CELL_BYTES)
        operand = scratch.pointer(0)
        self._block = block  # keeps the memory alive
        self._base = block.address + offset
        self._length = length
        self._width = operations.width
        self._scratch = scratch.bytes()[: operations.width].cast("q" if operations.width == 8 else "B")
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


class ProcessCellView:
    """One thread's access to a cell: its own word, its own prepared arguments. Owning thread only.

    The read-modify-writes are closures over these, which keep alive what they point at: they outlive the view if need be.
    """

    __slots__ = ("compare_and_set", "exchange", "fetch_add", "word")

    def __init__(self, block: Block, word: Word) -> None:
        self.word: Final = word
        scratch = Block(CELL_BYTES)
        # Two integers: what is expected or returned, and the operand.
        operands: Final = scratch.bytes()[:16].cast("q")
        value, result, operand = block.pointer(VALUE_OFFSET), scratch.pointer(0), scratch.pointer(8)
        call_compare_exchange: Final = functools.partial(_WORD.compare_exchange, value, result, operand)
        call_exchange: Final = functools.partial(_WORD.exchange, value, operand, result)
        call_fetch_add: Final = functools.partial(_WORD.fetch_add, value, operand, result)

        def compare_and_set(expected: int, desired: int, /) -> bool:
            operands[0] = expected
            operands[1] = desired
            return call_compare_exchange() != 0  # type: ignore[no-any-return]

        def exchange(value: int, /) -> int:
            operands[1] = value
            call_exchange()
            return operands[0]

        def fetch_add(delta: int, /) -> int:
            operands[1] = delta
            call_fetch_add()
            return operands[0]

        self.compare_and_set: Final[Callable[[int, int], bool]] = compare_and_set
        self.exchange: Final[Callable[[int], int]] = exchange
        self.fetch_add: Final[Callable[[int], int]] = fetch_add

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value


class ProcessCell:
    """One signed 64-bit integer, alone in 128 bytes. Any thread.

    The shared face prepares its arguments afresh for each call, so that threads do not share them.
    """

    __slots__ = ("_block", "_plain_moves")

    def __init__(self, initial: int, plain_moves: bool) -> None:
        self._block: Final = Block(CELL_BYTES)
        self._plain_moves: Final = plain_moves
        self.store(initial)

    @property
    def address(self) -> int:
        """Where the value lies, for tests of the layout."""
        return self._block.address + VALUE_OFFSET

    def load(self) -> int:
        return self._word()[0]

    def store(self, value: int, /) -> None:
        self._word()[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        return self.view().compare_and_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        return self.view().exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        return self.view().fetch_add(delta)

    def view(self) -> ProcessCellView:
        return ProcessCellView(self._block, self._word())

    def _word(self) -> Word:
        if self._plain_moves:
            return self._block.bytes()[VALUE_OFFSET : VALUE_OFFSET + 8].cast("q")
        return OrderedWord(_WORD, self._block, VALUE_OFFSET, 1)


class PlainFlagView:
    """Flags where plain moves are ordered: ranges are filled and searched at the speed of C. Owning thread only.

    The functions are closures, see `ProcessCellView`.
    """

    __slots__ = ("fill", "find", "items")

    def __init__(self, items: memoryview) -> None:
        self.items: Final = items

        def fill(start: int, stop: int, value: int, /) -> None:
            length = stop - start
            if length <= _FILL_BYTES:
                items[start:stop] = _ROWS[value][:length]
                return
            for low in range(start, stop, _FILL_BYTES):
                fill(low, min(low + _FILL_BYTES, stop), value)

        def find(value: int, start: int, stop: int, /) -> int:
            found = items[start:stop].tobytes().find(value)
            return found if found < 0 else start + found

        self.fill: Final[Callable[[int, int, int], None]] = fill
        self.find: Final[Callable[[int, int, int], int]] = find


class OrderedFlagView:
    """Flags where each access must ask for its order. Owning thread only."""

    __slots__ = ("items",)

    def __init__(self, items: Word) -> None:
        self.items: Final = items

    def fill(self, start: int, stop: int, value: int, /) -> None:
        for index in range(start, stop):
            self.items[index] = value

    def find(self, value: int, start: int, stop: int, /) -> int:
        return next((index for index in range(start, stop) if self.items[index] == value), -1)


class ProcessFlagArray:
    """A row of one-byte flags that shares no cache line with anything else. Any thread."""

    __slots__ = ("_block", "_length", "_plain_moves")

    def __init__(self, length: int, initial: int, plain_moves: bool) -> None:
        self._block: Final = Block(-(-length // CELL_BYTES) * CELL_BYTES)
        self._length: Final = length
        self._plain_moves: Final = plain_moves
        self.view().fill(0, length, initial)

    def view(self) -> PlainFlagView | OrderedFlagView:
        if self._plain_moves:
            return PlainFlagView(self._block.bytes()[: self._length])
        return OrderedFlagView(OrderedWord(_BYTE, self._block, 0, self._length))


class ProcessMemory:
    """Memory of this process. Any thread.

    Args:
        plain_moves: whether loads and stores may be plain moves; the default is what the machine allows.
            False is right on every machine, and slower.

    Raises:
        ValueError: plain moves were asked for on a machine where they are not ordered.
    """

    __slots__ = ("_plain_moves",)

    def __init__(self, *, plain_moves: bool = PLAIN_MOVES_ARE_ORDERED) -> None:
        if plain_moves and not PLAIN_MOVES_ARE_ORDERED:
            raise ValueError(
                f"plain_moves=True, but on {platform.machine()} a plain move is not an acquire or a release; "
                f"leave the argument out"
            )
        self._plain_moves: Final = plain_moves

    def cell(self, initial: int = 0, /) -> ProcessCell:
        return ProcessCell(initial, self._plain_moves)

    def flags(self, length: int, initial: int, /) -> ProcessFlagArray:
        return ProcessFlagArray(length, initial, self._plain_moves)

    def event_slots[T](self, events: list[T], /) -> ProcessEventSlots[T]:
        return ProcessEventSlots(events)

    def value_slots(self, length: int, /, *, in_batches: bool = False) -> ProcessValueSlots | ProcessRowSlots:
        return ProcessRowSlots(length) if in_batches and length > SLOTS_PER_ROW else ProcessValueSlots(length)


#: The memory that is used where none is given.
PROCESS_MEMORY: Final = ProcessMemory()
