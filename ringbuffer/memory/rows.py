"""`RowView`: slots whose values change, in rows that are lists of their own.

CPython locks a list while a slice of it is stored or copied, so threads that move batches in one list wait for each other,
although no two of them ever have a slot in common. In rows they meet only where their batches lie side by side:

    slots     0 .. 127     128 .. 255     256 .. 383     384 .. 511    ...
            [ . . c c c ]  [ c c a a a ]  [ a a a b b ]  [ b b . . . ]        a, b: claimed by two producers; c: read
              a list         a list         a list         a list

The price: to find a row before a slot costs about as much as two accesses to a list more.
"""

from collections.abc import Iterator
from typing import Any, Final


class RowView:
    """One thread's access to slots in rows. Owning thread only.

    By indices it is a list whose length never changes. Code in a hurry works on the rows themselves: the slot with the number
    `index` is `rows[index >> shift][index & mask]`.

    Args:
        rows: lists of equal length, a power of two, that all threads share; the view has its own list of them.
    """

    __slots__ = ("mask", "rows", "shift")

    def __init__(self, rows: list[list[Any]]) -> None:
        self.rows: Final = rows.copy()
        self.mask: Final = len(rows[0]) - 1
        self.shift: Final = self.mask.bit_length()

    def __len__(self) -> int:
        return len(self.rows) << self.shift

    def __iter__(self) -> Iterator[Any]:
        return (value for row in self.rows for value in row)

    def __getitem__(self, index: int, /) -> Any:
        return self.rows[index >> self.shift][index & self.mask]

    def __setitem__(self, index: int, value: Any, /) -> None:
        self.rows[index >> self.shift][index & self.mask] = value


def rows_of(slots: object) -> tuple[list[list[Any]] | None, int, int]:
    """For a view of slots in rows: the rows, the shift and the mask that find a slot in them; (None, 0, 0) for one list."""
    return (slots.rows, slots.shift, slots.mask) if isinstance(slots, RowView) else (None, 0, 0)
