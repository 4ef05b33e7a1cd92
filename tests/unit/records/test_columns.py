"""Records in columns: a numpy array for each field."""

from typing import Any

import numpy as np
import pytest

from ringbuffer import RingBuffer
from ringbuffer.records import ColumnRecords, RecordLayout
from tests.unit.records.kit import COLUMNS, DTYPE, PLAIN, array, ring_of, some


def test_each_field_is_one_array_on_cache_lines_of_its_own() -> None:
    ring = ring_of(COLUMNS, 4)
    ring.publish_records(array(DTYPE, 1, 5), chunk=4)
    view = ring.slots.view()
    assert view["id"].tolist() == [1, 2, 3, 4]
    assert view["half"].flags.c_contiguous
    assert (view["half"].ctypes.data - view["id"].ctypes.data) % 128 == 0
    assert view.dtype == DTYPE


def test_columns_are_published_by_their_names() -> None:
    ring = ring_of(COLUMNS)
    assert ring.publish_records({"half": [0.5, 1.0], "id": np.array([1, 2])}) == 2
    assert ring.publish_records(ring.slots.view()[:2]) == 2
    assert ring.publish_records({"id": range(5, 9), "half": np.arange(4) / 2}, chunk=3) == 4
    assert [row.item()[0] for row in ring.slots.view()] == [1, 2, 1, 2, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"id": [1]}, TypeError, "the fields are id, half"),
        ({"id": [1], "half": [1.0, 2.0]}, ValueError, "different lengths"),
        (np.zeros(1, "f8"), TypeError, "the ring of"),
        (np.zeros((1, 1), DTYPE), ValueError, "one-dimensional"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    columns: Any, error: type[Exception], message: str
) -> None:
    ring = ring_of(COLUMNS)
    with pytest.raises(error, match=message):
        ring.publish_records(columns)
    assert ring.cursor == -1


def test_records_in_columns_are_read_as_rows_are() -> None:
    ring = ring_of(COLUMNS)
    ring.publish_records(some(0, 6), chunk=6)
    records: ColumnRecords = ring.slots.read_view()[1:5]
    assert len(records) == 4
    assert records[-1]["half"] == 2.0
    assert records[2:][0]["id"] == 3
    assert records.tolist() == some(1, 5)
    assert records.copy().dtype == DTYPE
    assert records.copy().tolist() == some(1, 5)
    assert repr(records) == "ColumnRecords(4 of id, half)"
    assert repr(records[0]) == "ColumnRecord(1, 0.5)"
    assert len(records[3:1]) == 0
    with pytest.raises(IndexError):
        records[4]
    with pytest.raises(ValueError, match="without a step"):
        records[::2]
    with pytest.raises(KeyError, match="no field 'x'"):
        records["x"]
    with pytest.raises(ValueError, match="read-only"):
        records["id"] = 5
    with pytest.raises(ValueError, match="WRITEABLE"):
        records["id"].flags.writeable = True


def test_columns_keep_arrays_in_fields_and_the_order_of_names() -> None:
    dtype = np.dtype({"names": ["b", "a"], "formats": [("f4", (2,)), "i8"], "offsets": [8, 0]})
    ring: Any = RingBuffer.of_records(4, dtype, layout="columns")
    ring.publish_records([((1.0, 2.0), 7)])
    assert ring[0]["b"].tolist() == [1.0, 2.0]
    assert ring[0].item() == ([1.0, 2.0], 7)


def test_columns_need_numpy_and_a_known_layout() -> None:
    with pytest.raises(TypeError, match="columns need numpy"):
        RingBuffer.of_records(4, PLAIN, layout="columns")
    with pytest.raises(ValueError, match="'rows' or 'columns'"):
        RingBuffer.of_records(4, DTYPE, layout="diagonals")
    assert RingBuffer.of_records(4, PLAIN.with_numpy(), layout="columns").record_layout == PLAIN
    assert isinstance(PLAIN, RecordLayout)
