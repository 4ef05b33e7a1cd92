"""Ranges of slots: whatever the slots lie in, a batch is stored and read like in one list."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import ProducerType, RingBuffer
from ringbuffer.memory import (
    ProcessMemory,
    SlotLayout,
    SlotView,
    StripedSlots,
    range_clearer,
    range_reader,
    range_writer,
)
from ringbuffer.memory.slots import SLOTS_PER_STRIPE, ProcessStripedSlots, ProcessValueSlots
from tests.support.threads import together

SIZE = 16

#: The same slots in one list, in rows, in one row, and in rows of one.
each_layout = pytest.mark.parametrize(
    "slots",
    [
        pytest.param(ProcessValueSlots(SIZE), id="list"),
        pytest.param(ProcessStripedSlots(SIZE, 4), id="rows of 4"),
        pytest.param(ProcessStripedSlots(SIZE, SIZE), id="one row"),
        pytest.param(ProcessStripedSlots(SIZE, 1), id="rows of 1"),
    ],
)


@each_layout
@given(low=st.integers(0, 5 * SIZE), length=st.integers(1, SIZE))
def test_a_range_is_stored_and_read_in_order_and_nothing_else_changes(
    slots: ProcessValueSlots | ProcessStripedSlots, low: int, length: int
) -> None:
    view: SlotView[Any] = slots.view()
    for index in range(SIZE):
        view[index] = f"old {index}"
    values = [f"new {sequence}" for sequence in range(low, low + length)]
    range_writer(view)(low, values)
    expected = [f"old {index}" for index in range(SIZE)]
    for value, sequence in zip(values, range(low, low + length), strict=True):
        expected[sequence % SIZE] = value
    assert list(view) == [view[index] for index in range(SIZE)] == expected
    assert range_reader(view)(low, low + length - 1) == values
    assert len(view) == SIZE
    other: SlotView[Any] = slots.view()
    assert list(other) == expected, "every view sees what one has stored"


@each_layout
@given(low=st.integers(0, 5 * SIZE), length=st.integers(1, SIZE))
def test_a_range_is_cleared_and_what_was_in_it_is_handed_out(
    slots: ProcessValueSlots | ProcessStripedSlots, low: int, length: int
) -> None:
    view: SlotView[Any] = slots.view()
    range_writer(view)(low, list(range(low, low + SIZE)))
    taken = range_clearer(view)(low, low + length - 1)
    assert [value for values in taken for value in values] == list(range(low, low + length))
    expected: list[int | None] = [None] * SIZE
    for sequence in range(low + length, low + SIZE):
        expected[sequence % SIZE] = sequence
    assert list(view) == expected


@each_layout
def test_what_was_read_is_a_list_of_its_own(slots: ProcessValueSlots | ProcessStripedSlots) -> None:
    view: SlotView[Any] = slots.view()
    store, read = range_writer(view), range_reader(view)
    values = list(range(SIZE))
    store(0, values)
    taken = read(0, SIZE - 1)
    store(0, [None] * SIZE)
    assert taken == values == list(range(SIZE))


@pytest.mark.parametrize(
    ("kind", "size", "rows"),
    [
        (ProducerType.SINGLE, 4 * SLOTS_PER_STRIPE, 4),
        (ProducerType.MULTI, 4 * SLOTS_PER_STRIPE, 4),
        (ProducerType.MULTI, 2 * SLOTS_PER_STRIPE, 2),
        (ProducerType.MULTI, SLOTS_PER_STRIPE, 1),
    ],
)
def test_a_ring_of_values_that_is_larger_than_a_row_has_several(
    kind: ProducerType, size: int, rows: int
) -> None:
    slots = RingBuffer.of_values(size, kind).slots.view()
    assert len(slots) == size
    assert (len(slots.rows) if isinstance(slots, StripedSlots) else 1) == rows


def test_a_layout_of_slots_says_which_rows_they_have() -> None:
    memory = ProcessMemory()
    assert isinstance(memory.value_slots(1024).view(), list)
    assert isinstance(memory.value_slots(1024, SlotLayout.STRIPED).view(), StripedSlots)
    for size in (1, 1024):
        cells = memory.value_slots(size, SlotLayout.PER_SLOT).view()
        assert isinstance(cells, StripedSlots)
        assert [len(row) for row in cells.rows] == [1] * size


def test_two_threads_store_side_by_side_in_one_row() -> None:
    slots = ProcessStripedSlots(SIZE, 8)
    rounds = 2000

    def body(low: int) -> None:
        view = slots.view()
        store, read = range_writer(view), range_reader(view)
        for number in range(rounds):
            mine = [(low, number, index) for index in range(5)]
            store(low, mine)
            assert read(low, low + 4) == mine

    together(lambda: body(1), lambda: body(6))
