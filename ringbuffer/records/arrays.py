"""Records as numpy arrays. Only this module imports numpy; it is loaded for layouts of a dtype.

numpy copies structured arrays field by field: 8 ns for each record. Records of the dtype `V32`,
which has no fields, are copied as one piece of memory. So all copies here go through such a dtype.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.records.layout import RecordField, RecordLayout

try:
    import numpy as np
except ImportError as error:  # pragma: no cover - the tests have numpy
    raise ImportError(
        "records of a numpy dtype need numpy: pip install 'ringbuffer-ft[records]'; or describe "
        "the records by a struct format or a ctypes structure"
    ) from error

type Array = np.ndarray[Any, np.dtype[Any]]


def layout_of_dtype(source: object) -> RecordLayout:
    """The layout of a numpy dtype, or of what `numpy.dtype` makes one of.

    Raises:
        TypeError: it is not a dtype, or has no fields, objects, or fields in fields.
    """
    try:
        dtype: np.dtype[Any] = np.dtype(source)  # type: ignore[call-overload]
    except (TypeError, ValueError, SyntaxError) as error:
        raise TypeError(
            f"{source!r} does not describe a record: pass a numpy dtype with fields, a struct "
            f"format, or a ctypes structure ({error})"
        ) from error
    if dtype.fields is None or not dtype.names:
        raise TypeError(
            f"{dtype!r} has no fields: give each value of a record a name, as in "
            f"[('price', 'f8'), ('amount', 'i4')]"
        )
    if dtype.hasobject:
        raise TypeError(
            f"{dtype!r} has Python objects: a record is plain memory; use a ring of values"
        )
    fields = []
    for name in dtype.names:
        item, offset = dtype.fields[name][:2]
        if item.base.fields is not None:
            raise TypeError(f"field {name!r} has fields itself: give each of them a name here")
        fields.append(RecordField(name, item.base.str.replace("=", "|"), offset, item.shape))
    fields.sort(key=lambda field: field.offset)
    return RecordLayout(tuple(fields), dtype.itemsize, dtype)


def dtype_of(layout: RecordLayout) -> "np.dtype[Any]":
    """The dtype of a layout; a new object at each call."""
    return np.dtype(
        {
            "names": [field.name for field in layout.fields],
            "formats": [(np.dtype(field.type, copy=True), field.shape) for field in layout.fields],
            "offsets": [field.offset for field in layout.fields],
            "itemsize": layout.itemsize,
        }
    )


def own_dtype(layout: RecordLayout) -> "np.dtype[Any]":
    """A dtype for one thread. Threads that share one contend for its reference counts.

    It has the order of names that the user's has.
    """
    own, names = dtype_of(layout), layout.dtype.names
    if own.names == names:
        return own
    assert own.fields is not None
    assert names is not None
    return np.dtype(
        {
            "names": list(names),
            "formats": [own.fields[name][0] for name in names],
            "offsets": [own.fields[name][1] for name in names],
            "itemsize": layout.itemsize,
        }
    )


def array_over(layout: RecordLayout, size: int, memory: "memoryview[int]") -> Array:
    """The calling thread's own array of `size` records; read-only if `memory` is."""
    # `numpy.ndarray(…, buffer=…)` would refer to the owner of the memory, and not to `memory`: a
    # reader could make its array writable again.
    return np.frombuffer(memory, own_dtype(layout), size)


def array_of(dtype: "np.dtype[Any]", size: int, memory: "memoryview[int]", offset: int) -> Array:
    """The calling thread's own array of `size` values; read-only if `memory` is."""
    return np.frombuffer(memory, dtype, size, offset)


def as_array(values: object, dtype: "np.dtype[Any]") -> Array:
    """Values as an array of a field's dtype; no copy if they are one."""
    return np.asarray(values, dtype.base)


def zeros(size: int, dtype: "np.dtype[Any]") -> Array:
    """A new array."""
    return np.zeros(size, dtype)


def bind_check(layout: RecordLayout) -> Callable[[Any], Array]:
    """Makes `check(records)`: an array of the layout's dtype, of one dimension."""
    dtype: Final = own_dtype(layout)
    known = dtype

    def check(records: Any) -> Array:
        nonlocal known
        if not isinstance(records, np.ndarray):
            if isinstance(records, (str, bytes, bytearray, memoryview)):
                raise TypeError(f"pass a numpy array of {dtype}, not {type(records).__name__}")
            records = np.array(records, dtype)
        elif records.dtype is not known:
            if records.dtype != dtype:
                raise TypeError(
                    f"the array has records of {records.dtype}, and the ring of {dtype}; convert "
                    f"it with .astype"
                )
            known = records.dtype  # to compare two dtypes takes longer than the copy
        if records.ndim != 1:
            raise ValueError(f"pass a one-dimensional array of records, not {records.ndim} axes")
        array: Array = records
        return array

    return check


def bind_prepare(layout: RecordLayout) -> Callable[[Any], Array]:
    """Makes `prepare(records)`: an array without fields, whose slices can be stored."""
    check: Final = bind_check(layout)
    void: Final = np.dtype(f"V{layout.itemsize}")

    def prepare(records: Any) -> Array:
        return check(records).view(void)

    return prepare


def bind_store(layout: RecordLayout, rows: Array) -> Callable[[int, Array], None]:
    """Makes `store(low, records)`: copies what `prepare` has made into the slots from `low` on."""
    raw: Final = rows.view(np.dtype(f"V{layout.itemsize}"))
    size: Final = len(rows)
    mask: Final = size - 1

    def store(low: int, records: Array) -> None:
        start = low & mask
        stop = start + len(records)
        if stop <= size:
            raw[start:stop] = records
        else:
            raw[start:] = records[: size - start]
            raw[: stop - size] = records[size - start :]

    return store
