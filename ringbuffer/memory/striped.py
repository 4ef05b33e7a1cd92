"""`StripedSlots`: slots whose values change, divided among several lists.

CPython locks a list while it stores or copies a slice of it. So threads that move batches in one
list wait for each other, although no two of them use the same slot. In stripes, they use the same
list only where their batches are adjacent:

    slots     0 .. 127     128 .. 255     256 .. 383     384 .. 511    ...
            [ . . c c c ]  [ c c a a a ]  [ a a a b b ]  [ b b . . . ]        a, b: claimed by two
              a list         a list         a list         a list            producers; c: read

The cost: finding the list of a slot takes about as long as two more accesses to a list.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ringbuffer.memory.protocols import SlotView


class StripedSlots:
    """One thread's access to slots in stripes. Owning thread only.

    With indices it behaves as a list whose length never changes.

    Args:
        rows: the stripes, lists of equal length, a power of two, that all threads share; the view
            has its own list of them.
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


class SlotLists(NamedTuple):
    """How hot code finds a slot: `lists[index >> shift][index & mask]`."""

    lists: list[list[Any]]
    shift: int
    mask: int


def slot_lists(slots: SlotView[Any]) -> SlotLists:
    """The lists of these slots, whatever their layout; for a `FLAT` layout, the one list."""
    if isinstance(slots, StripedSlots):
        return SlotLists(slots.rows, slots.shift, slots.mask)
    assert isinstance(slots, list), "slots are a list, or several lists"
    return SlotLists([slots], len(slots).bit_length() - 1, len(slots) - 1)


def rows_of(slots: object) -> tuple[list[list[Any]] | None, int, int]:
    """For striped slots: the lists, and the shift and mask that find one; else (None, 0, 0)."""
    return (
        (slots.rows, slots.shift, slots.mask) if isinstance(slots, StripedSlots) else (None, 0, 0)
    )
