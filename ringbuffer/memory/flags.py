"""Views of one-byte flags over moves or calls; `native` has its own.

Where plain moves are ordered, a range of flags is filled and searched at the speed of C.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory.fence_lock import ListFenceLock
from ringbuffer.memory.protocols import Word
from ringbuffer.memory.words import FencedWord

# A range of flags is copied in pieces of at most this many bytes, so that the C library's memmove
# never switches to non-temporal stores, which total store order does not cover.
_FILL_BYTES: Final = 4096
#: For each value, that many flags of it.
_ROWS: Final = tuple(bytes((value,)) * _FILL_BYTES for value in (0, 1))


class PlainFlagView:
    """Flags on a machine where plain moves are ordered. Owning thread only.

    Ranges are filled and searched at the speed of C. The functions are closures, see
    `ForeignCellView` in foreign.py.
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


class FencedFlagView:
    """Flags on other machines, where the interpreter locks lists. Owning thread only.

    One fence is enough for a range: before all its stores, or after all its loads.
    """

    __slots__ = ("_fence", "_plain", "items")

    def __init__(self, plain: PlainFlagView) -> None:
        self.items: Final = FencedWord(plain.items)
        self._plain: Final = plain
        self._fence: Final = ListFenceLock()

    def fill(self, start: int, stop: int, value: int, /) -> None:
        self._fence[0] = None
        self._plain.fill(start, stop, value)

    def find(self, value: int, start: int, stop: int, /) -> int:
        found = self._plain.find(value, start, stop)
        self._fence[0] = None
        return found


class CalledFlagView:
    """Flags of which each access is a foreign call. Owning thread only."""

    __slots__ = ("items",)

    def __init__(self, items: Word) -> None:
        self.items: Final = items

    def fill(self, start: int, stop: int, value: int, /) -> None:
        for index in range(start, stop):
            self.items[index] = value

    def find(self, value: int, start: int, stop: int, /) -> int:
        return next((index for index in range(start, stop) if self.items[index] == value), -1)
