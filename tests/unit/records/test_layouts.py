"""Layouts: from dtypes, formats and structures; described in a line, and read again."""

import ctypes
import struct
from typing import Any

import numpy as np
import pytest

from ringbuffer.records import RecordField, RecordLayout

TICK = [("id", "i8"), ("price", "f8"), ("side", "i4"), ("symbol", "S4")]


class Tick(ctypes.Structure):
    _fields_ = (
        ("id", ctypes.c_int64),
        ("price", ctypes.c_double),
        ("side", ctypes.c_int32),
        ("symbol", ctypes.c_char * 4),
    )


class Longer(Tick):
    _fields_ = (("depth", ctypes.c_float * 3 * 2),)  # type: ignore[assignment]


class Swapped(ctypes.BigEndianStructure):
    _fields_ = (("id", ctypes.c_int32),)


class WithBits(ctypes.Structure):
    _fields_ = (("a", ctypes.c_int, 3),)


class WithAddress(ctypes.Structure):
    _fields_ = (("a", ctypes.c_void_p),)


def test_a_dtype_a_format_and_a_structure_can_describe_the_same_record() -> None:
    by_dtype = RecordLayout.of(TICK)
    by_format = RecordLayout.of_struct("qdi4s", "id price side symbol")
    by_structure = RecordLayout.of(Tick)
    assert by_dtype == by_format == by_structure
    assert by_dtype.itemsize == 24
    assert by_dtype.fields[1] == RecordField("price", "<f8", 8)
    assert hash(by_dtype) == hash(by_format)
    assert [each.uses_numpy for each in (by_dtype, by_format, by_structure)] == [True, False, False]


def test_a_structure_has_the_fields_of_its_base_and_arrays() -> None:
    layout = RecordLayout.of(Longer)
    assert layout.fields[-1] == RecordField("depth", "<f4", 24, (2, 3))
    assert layout.fields[:-1] == RecordLayout.of(Tick).fields
    assert RecordLayout.of(Swapped).dtype == np.dtype(Swapped)


@pytest.mark.parametrize(
    "format", ["q", "=bq", "@bq", "@qb", ">hi", "!3h2x", "<4sd", "2i c ?", "e"]
)
def test_a_format_has_the_places_that_struct_gives_it(format: str) -> None:
    layout = RecordLayout.of_struct(format)
    values = struct.Struct(format).unpack(bytes(range(1, struct.calcsize(format) + 1)))
    padded = bytes(range(1, struct.calcsize(format) + 1)).ljust(layout.itemsize, b"\0")
    assert layout.struct.unpack(padded) == values
    assert layout.itemsize - struct.calcsize(format) in range(8)
    assert RecordLayout.of(struct.Struct(format)) == layout


def test_a_native_format_is_padded_at_its_end_as_c_pads_it() -> None:
    assert RecordLayout.of_struct("qb").itemsize == 16
    assert RecordLayout.of_struct("=qb").itemsize == 9


@pytest.mark.parametrize(
    "source",
    [TICK, Tick, Longer, Swapped, "=bq", [("at", "M8[ns]"), ("name", "U3"), ("xy", "f4", (2, 3))]],
)
def test_a_description_is_read_again(source: object) -> None:
    layout = RecordLayout.of(source)
    again = RecordLayout.parse(layout.description)
    assert again == layout
    assert not again.uses_numpy
    assert RecordLayout.parse(layout.description, numpy=True).dtype == layout.dtype
    assert eval(repr(layout)) == layout


@pytest.mark.parametrize(
    "description",
    ["", "8", "8;", "8;a", "8;a:<f8", "8;a:<f8:1", "8;a:<f8:-1", "8;a:object:0", "8;a:<f8:0:x",
     "8;a:<f8:0:0", "-8;a:<f8:0", "16;a:<f8:0;a:<f8:8", "16;a:<f8:0;b:<f8:4", "8;a:<f8:0:1:1",
     "99999999999;a:<f8:0", "8;a:|O8:0", "8;:<f8:0", "8;a:|S0:0"],
)  # fmt: skip
def test_a_broken_description_is_refused(description: str) -> None:
    with pytest.raises(ValueError, match="does not describe a record"):
        RecordLayout.parse(description)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("f8", "has no fields"),
        ([("a", "O")], "Python objects"),
        ([("a", [("b", "i4")])], "has fields itself"),
        (WithBits, "bit field"),
        (WithAddress, "pointer"),
        (object(), "does not describe a record"),
        (int, "has no fields"),
    ],
)
def test_what_cannot_be_in_a_record_is_refused(source: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        RecordLayout.of(np.dtype(source) if source == "f8" else source)


@pytest.mark.parametrize("format", ["P", "nN", "i8,f8", "4p", "", "q]"])
def test_what_is_not_a_format_of_records_is_refused(format: str) -> None:
    with pytest.raises(ValueError, match=r"not a struct format|at least one field"):
        RecordLayout.of(format)


def test_names_are_as_many_as_values() -> None:
    with pytest.raises(ValueError, match="1 names for the 2 values"):
        RecordLayout.of_struct("2q", "id")


def test_a_dtype_keeps_the_order_of_its_names() -> None:
    dtype = np.dtype({"names": ["b", "a"], "formats": ["f8", "i4"], "offsets": [8, 0]})
    layout = RecordLayout.of(dtype)
    assert [field.name for field in layout.fields] == ["a", "b"]
    assert layout.dtype is dtype
