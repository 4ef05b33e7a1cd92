"""Blocks: the records of a ring in any writable memory."""

import array
import mmap
from typing import Any

import numpy as np
import pytest

from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.records import RecordBlock, RecordLayout
from ringbuffer.records.block import pieces_of
from ringbuffer.records.record_slots import RecordFactory

DTYPE = np.dtype([("id", "i8"), ("price", "f8")])
LAYOUTS = [RecordLayout.of(DTYPE), RecordLayout.of_struct("qd", "id price")]


def block_over(layout: RecordLayout, size: int, buffer: Any) -> RecordBlock:
    return RecordBlock(layout, size, lambda: memoryview(buffer))


def ids(records: Any) -> list[int]:
    return list(records["id"])


@pytest.mark.parametrize("layout", LAYOUTS, ids=["numpy", "plain"])
def test_threads_see_the_same_records_through_views_of_their_own(layout: RecordLayout) -> None:
    block = block_over(layout, 4, bytearray(70))
    writer, reader = block.records(writable=True), block.records(writable=False)
    assert writer is not block.records(writable=True)
    writer[2]["id"] = 7
    writer[1] = (5, 2.5)
    assert len(reader) == 4
    assert ids(reader) == [0, 5, 7, 0]
    assert reader[1]["price"] == 2.5
    assert reader[1:3].tolist() == [(5, 2.5), (7, 0.0)]
    assert [row["id"] for row in reader] == [0, 5, 7, 0]


@pytest.mark.parametrize("layout", LAYOUTS, ids=["numpy", "plain"])
def test_a_reader_cannot_write(layout: RecordLayout) -> None:
    reader = block_over(layout, 4, bytearray(64)).records(writable=False)
    with pytest.raises((TypeError, ValueError)):
        reader[0]["id"] = 1
    with pytest.raises((TypeError, ValueError)):
        reader["id"][0] = 1
    with pytest.raises((TypeError, ValueError)):
        reader[0:2]["id"][:] = array.array("q", [1, 2])
    assert ids(reader) == [0] * 4


def test_an_array_of_a_reader_cannot_be_made_writable() -> None:
    reader = block_over(LAYOUTS[0], 4, bytearray(64)).records(writable=False)
    with pytest.raises(ValueError, match="WRITEABLE"):
        reader.flags.writeable = True


@pytest.mark.parametrize("layout", LAYOUTS, ids=["numpy", "plain"])
def test_a_store_continues_at_the_beginning_of_the_ring(layout: RecordLayout) -> None:
    block = block_over(layout, 4, mmap.mmap(-1, 4096))
    store, reader = block.store(), block.records(writable=False)
    store.store(6, store.prepare([(1, 0.5), (2, 1.0), (3, 1.5)]))
    assert ids(reader) == [3, 0, 1, 2]
    store.store(9, store.prepare([(4, 2.0)]))
    assert ids(reader) == [3, 4, 1, 2]
    assert [ids(each) for each in pieces_of(reader, 6, 8)] == [[1, 2], [3]]
    assert [ids(each) for each in pieces_of(reader, 4, 7)] == [[3, 4, 1, 2]]


def test_bytes_and_records_can_be_stored_without_numpy() -> None:
    block = block_over(LAYOUTS[1], 4, bytearray(64))
    store, records = block.store(), block.records(writable=True)
    packed = LAYOUTS[1].struct.pack(9, 4.5) * 2
    store.store(0, store.prepare(packed))
    store.store(2, store.prepare(records[0:2]))
    assert records.tolist() == [(9, 4.5)] * 4
    assert records.tobytes() == packed * 2
    with pytest.raises(ValueError, match="not whole records"):
        store.prepare(packed[:-1])


@pytest.mark.parametrize(
    ("records", "error", "message"),
    [
        (np.zeros(2, "f8"), TypeError, "the ring of"),
        (np.zeros((2, 2), DTYPE), ValueError, "one-dimensional"),
        (b"0" * 16, TypeError, "pass a numpy array"),
    ],
)
def test_other_arrays_are_refused(records: Any, error: type[Exception], message: str) -> None:
    store = block_over(LAYOUTS[0], 4, bytearray(64)).store()
    with pytest.raises(error, match=message):
        store.prepare(records)


def test_a_cut_with_a_step_of_an_array_is_stored() -> None:
    block = block_over(LAYOUTS[0], 4, bytearray(64))
    store = block.store()
    array = np.zeros(8, DTYPE)
    array["id"] = range(8)
    store.store(0, store.prepare(array[::-2]))
    assert ids(block.records(writable=False)) == [7, 5, 3, 1]


def test_memory_that_is_too_short_or_read_only_is_refused() -> None:
    with pytest.raises(ValueError, match="need 64 bytes of memory, and there are 63"):
        block_over(LAYOUTS[0], 4, bytearray(63))
    with pytest.raises(TypeError, match="read-only"):
        block_over(LAYOUTS[0], 4, bytes(64))


def test_a_column_without_numpy_takes_a_number_a_buffer_or_numbers() -> None:
    records = block_over(LAYOUTS[1], 4, bytearray(64)).records(writable=True)
    records["price"] = 1.5
    records[0:2]["id"] = array.array("q", [3, 4])
    records[2:4]["id"] = (5, 6)
    assert records.tolist() == [(3, 1.5), (4, 1.5), (5, 1.5), (6, 1.5)]
    with pytest.raises(ValueError, match="1 values for 4 records"):
        records["id"] = [1]
    with pytest.raises(KeyError, match="no field 'x'; the fields are id, price"):
        records["x"]
    with pytest.raises(IndexError):
        records[4]
    assert records[-1].item() == (6, 1.5)
    assert repr(records[-1]) == "PlainRecord(6, 1.5)"


@pytest.mark.parametrize("format", ["=bq", ">q", "4s"])
def test_a_field_without_a_column_is_read_row_by_row(format: str) -> None:
    records = block_over(RecordLayout.of(format), 2, bytearray(64)).records(writable=True)
    name = "f1" if format == "=bq" else "f0"
    records[1][name] = value = b"abcd" if format == "4s" else 5
    assert [row[name] for row in records][1] == value
    with pytest.raises(TypeError, match="has no column"):
        records[name]


@pytest.mark.parametrize(
    "source", [[("t", "M8[ns]")], [("a", "f8", 3)], [("a", "<i4"), ("b", ">i4")]]
)
def test_a_field_that_needs_numpy_is_refused_without_it(source: Any) -> None:
    layout = RecordLayout.parse(RecordLayout.of(source).description)
    with pytest.raises(TypeError, match="numpy"):
        RecordFactory(layout).slots(2, PROCESS_MEMORY)
    assert block_over(layout.with_numpy(), 2, bytearray(64)).records(writable=True).ndim == 1


def test_slots_over_a_memory_start_on_a_cache_line() -> None:
    slots = RecordFactory(LAYOUTS[0]).slots(8, PROCESS_MEMORY)
    assert slots.view().ctypes.data % 64 == 0
    assert slots.layout.dtype == DTYPE
    assert not slots.read_view().flags.writeable
