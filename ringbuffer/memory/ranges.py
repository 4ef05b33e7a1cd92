"""Functions that move ranges of slots, by their sequences, as slices of the lists that hold them.

Each function is made once for a thread, over that thread's own view. A range goes from `low` to
`high`, both included. It has at least one slot and at most as many as the ring. A range that
reaches the end of the ring continues at its beginning.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.memory import cell_ranges
from ringbuffer.memory.protocols import SlotView
from ringbuffer.memory.striped import StripedSlots

#: `read(low, high)`: the contents of these slots, in a new list.
type ReadRange[E] = Callable[[int, int], list[E]]

#: `clear(low, high)`: stores None into these slots and returns their contents, in lists. No caller
#: relies on the lengths of these lists.
type ClearRange[E] = Callable[[int, int], list[list[E]]]

#: `store(low, values)`: stores the values into the slots, starting at the slot of `low`.
type StoreRange[E] = Callable[[int, list[E]], None]


def range_reader[E](slots: SlotView[E]) -> ReadRange[E]:
    """A function that reads ranges."""
    if isinstance(slots, StripedSlots):
        return _read_rows(slots) if slots.mask else cell_ranges.bind_read(slots)
    assert isinstance(slots, list), "slots are a list, or rows of lists"
    return _read_list(slots)


def range_writer[E](slots: SlotView[E]) -> StoreRange[E]:
    """A function that stores ranges."""
    if isinstance(slots, StripedSlots):
        return _store_in_rows(slots) if slots.mask else cell_ranges.bind_store(slots)
    assert isinstance(slots, list), "slots are a list, or rows of lists"
    return _store_in_list(slots)


def range_clearer[E](slots: SlotView[E]) -> ClearRange[E]:
    """A function that clears ranges."""
    if isinstance(slots, StripedSlots):
        return _clear_rows(slots) if slots.mask else cell_ranges.bind_clear(slots)
    read, store = range_reader(slots), range_writer(slots)
    nothing: Final[list[Any]] = [None] * len(slots)

    def clear(low: int, high: int) -> list[list[E]]:
        values = read(low, high)
        store(low, nothing[: len(values)])
        return [values]

    return clear


def _read_list[E](slots: list[E]) -> ReadRange[E]:
    mask: Final = len(slots) - 1

    def read(low: int, high: int) -> list[E]:
        start, stop = low & mask, (high & mask) + 1
        if start < stop:
            return slots[start:stop]
        return slots[start:] + slots[:stop]

    return read


def _store_in_list[E](slots: list[E]) -> StoreRange[E]:
    size: Final = len(slots)
    mask: Final = size - 1

    def store(low: int, values: list[E]) -> None:
        start = low & mask
        room = size - start
        if len(values) <= room:
            slots[start : start + len(values)] = values
        else:
            slots[start:] = values[:room]
            slots[: len(values) - room] = values[room:]

    return store


def _read_rows(slots: StripedSlots) -> ReadRange[Any]:
    rows: Final = slots.rows
    shift: Final = slots.shift
    mask: Final = slots.mask
    last_row: Final = len(rows) - 1

    def read(low: int, high: int) -> list[Any]:
        first, last, stop = low >> shift, high >> shift, (high & mask) + 1
        row = rows[first & last_row]
        start = low & mask
        if first == last:
            return row[start:stop]
        # The sum of two lists is allocated with exactly the capacity that it needs, and a whole
        # row is copied into it directly.
        head = row[start:] if start else row
        tail = rows[last & last_row]
        if stop <= mask:
            tail = tail[:stop]
        first += 1
        if first == last:
            return head + tail
        values = head + rows[first & last_row]
        for number in range(first + 1, last):
            values += rows[number & last_row]
        values += tail
        return values

    return read


def _store_in_rows(slots: StripedSlots) -> StoreRange[Any]:
    rows: Final = slots.rows
    shift: Final = slots.shift
    mask: Final = slots.mask
    last_row: Final = len(rows) - 1

    def store(low: int, values: list[Any]) -> None:
        high = low + len(values) - 1
        first, last, stop = low >> shift, high >> shift, (high & mask) + 1
        start = low & mask
        row = rows[first & last_row]
        if first == last:
            row[start:stop] = values
            return
        at = mask + 1 - start
        row[start:] = values[:at]
        for number in range(first + 1, last):
            rows[number & last_row][:] = values[at : at + mask + 1]
            at += mask + 1
        rows[last & last_row][:stop] = values[at:]

    return store


def _clear_rows(slots: StripedSlots) -> ClearRange[Any]:
    rows: Final = slots.rows
    shift: Final = slots.shift
    mask: Final = slots.mask
    last_row: Final = len(rows) - 1
    nothing: Final = [None] * (mask + 1)

    def clear(low: int, high: int) -> list[list[Any]]:
        taken = []
        start = low & mask
        for number in range(low >> shift, (high >> shift) + 1):
            row = rows[number & last_row]
            stop = min(mask, high - (number << shift)) + 1
            if stop - start > mask:
                taken.append(row[:])
                row[:] = nothing
            else:
                taken.append(row[start:stop])
                row[start:stop] = nothing[start:stop]
            start = 0
        return taken

    return clear
