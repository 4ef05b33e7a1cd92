"""`ProcessFlagArray`: one-byte flags.

Where plain moves are ordered, a range of flags is filled and searched at the speed of C.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory.libpatomic import bind
from ringbuffer.memory.protocols import Word
from ringbuffer.memory.words import CELL_BYTES, Block, OrderedWord

# A range of flags is copied in pieces of at most this many bytes, so that the C library's memmove
# never switches to non-temporal stores, which total store order does not cover.
_FILL_BYTES: Final = 4096
#: For each value, that many flags of it.
_ROWS: Final = tuple(bytes((value,)) * _FILL_BYTES for value in (0, 1))

_BYTE: Final = bind(1)


class PlainFlagView:
    """Flags on a machine where plain moves are ordered. Owning thread only.

    Ranges are filled and searched at the speed of C. The functions are closures, see
    `ProcessCellView` in process.py.
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
    """Flags on a machine where each access must request its order. Owning thread only."""

    __slots__ = ("items",)

    def __init__(self, items: Word) -> None:
        self.items: Final = items

    def fill(self, start: int, stop: int, value: int, /) -> None:
        for index in range(start, stop):
            self.items[index] = value

    def find(self, value: int, start: int, stop: int, /) -> int:
        return next((index for index in range(start, stop) if self.items[index] == value), -1)


class ProcessFlagArray:
    """A row of one-byte flags that shares no cache line with other data. Any thread."""

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
