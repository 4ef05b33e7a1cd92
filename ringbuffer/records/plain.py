"""Records without numpy: rows and columns over a `memoryview`. The interface is that of numpy.

    with producer.claim(100) as claim:
        claim.pieces[0]["price"][:] = prices  # an array.array of floats
    ...
    def on_batch(self, records, first):
        total = sum(records["price"])

A column is a `memoryview` with a stride. A row packs and unpacks its fields by `struct`.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final, overload

from ringbuffer.records.layout import RecordLayout
from ringbuffer.records.sources import NATIVE


class PlainFields:
    """How the fields of a layout are read and written. Each thread has its own."""

    __slots__ = ("columns", "itemsize", "names", "record", "structs")

    def __init__(self, layout: RecordLayout) -> None:
        self.itemsize: Final = layout.itemsize
        #: A whole record.
        self.record: Final = layout.struct
        self.names: Final = tuple(field.name for field in layout.fields)
        #: For each name, where it is and what reads it.
        self.structs: Final[dict[str, tuple[struct.Struct, int]]] = {}
        #: For each name, the code of its column, and the indices of its first value and the next.
        self.columns: Final[dict[str, tuple[str, int, int] | None]] = {}
        for field in layout.fields:
            order, code = field.type[0].replace("|", NATIVE), field.code
            assert code is not None, "by `layout.struct`"
            self.structs[field.name] = struct.Struct(order + code), field.offset
            fits = field.offset % field.size == layout.itemsize % field.size == 0
            is_number = order == NATIVE and "s" not in code
            self.columns[field.name] = (
                (code, field.offset // field.size, layout.itemsize // field.size)
                if fits and is_number
                else None
            )

    def struct_of(self, name: str) -> tuple[struct.Struct, int]:
        """What reads the field of that name, and where."""
        try:
            return self.structs[name]
        except KeyError:
            raise KeyError(f"no field {name!r}; the fields are {', '.join(self.names)}") from None

    def column(self, memory: "memoryview[int]", name: str) -> "memoryview[Any]":
        """The field of that name in all records."""
        self.struct_of(name)
        column = self.columns[name]
        if column is None:
            raise TypeError(
                f"field {name!r} is not a number in this machine's order at an aligned place, so "
                f"it has no column; read it row by row, or pass a numpy dtype"
            )
        code, first, step = column
        return memory.cast(code)[first::step]  # type: ignore[call-overload, no-any-return]


class PlainRecord:
    """One record: `record["price"]`. The thread that got it only, while its slot is valid."""

    __slots__ = ("_at", "_fields", "_memory")

    def __init__(self, fields: PlainFields, memory: "memoryview[int]", at: int) -> None:
        self._fields: Final = fields
        self._memory: Final = memory
        self._at: Final = at

    def __getitem__(self, name: str) -> Any:
        value, offset = self._fields.struct_of(name)
        return value.unpack_from(self._memory, self._at + offset)[0]

    def __setitem__(self, name: str, value: object) -> None:
        field, offset = self._fields.struct_of(name)
        field.pack_into(self._memory, self._at + offset, value)

    def item(self) -> tuple[Any, ...]:
        """All fields, in a tuple."""
        return self._fields.record.unpack_from(self._memory, self._at)

    def assign(self, values: tuple[Any, ...]) -> None:
        """Store all fields from a tuple."""
        self._fields.record.pack_into(self._memory, self._at, *values)

    def __repr__(self) -> str:
        return f"PlainRecord{self.item()!r}"


class PlainRecords:
    """Records in a row: `records["price"]`, `records[3]`, `records[1:3]`. Owning thread only.

    Args:
        fields: the thread's own.
        memory: the thread's own; its length is a whole number of records.
    """

    __slots__ = ("_fields", "_memory")

    def __init__(self, fields: PlainFields, memory: "memoryview[int]") -> None:
        self._fields: Final = fields
        self._memory: Final = memory

    def __len__(self) -> int:
        return self._memory.nbytes // self._fields.itemsize

    @overload
    def __getitem__(self, index: int, /) -> PlainRecord: ...
    @overload
    def __getitem__(self, index: slice, /) -> "PlainRecords": ...
    @overload
    def __getitem__(self, index: str, /) -> "memoryview[Any]": ...
    def __getitem__(self, index: int | slice | str, /) -> Any:
        """A record, a range of them, or the column of a field."""
        fields = self._fields
        if isinstance(index, str):
            return fields.column(self._memory, index)
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError("records are cut without a step; take a column, and cut that")
            size = fields.itemsize
            return PlainRecords(fields, self._memory[start * size : max(start, stop) * size])
        at = range(len(self))[index]  # an IndexError, and the place of a negative index
        return PlainRecord(fields, self._memory, at * fields.itemsize)

    def __setitem__(self, index: int | str, values: Any, /) -> None:
        """Store a record from a tuple, or a column from numbers: one for all, or one for each."""
        if not isinstance(index, str):
            self[index].assign(values)
            return
        column = self[index]
        try:
            column[:] = values
        except (TypeError, ValueError):  # not a buffer of the column's type
            each = [values] * len(column) if isinstance(values, (int, float)) else list(values)
            if len(each) != len(column):
                raise ValueError(f"{len(each)} values for {len(column)} records") from None
            for at, value in enumerate(each):
                column[at] = value

    def __iter__(self) -> Iterator[PlainRecord]:
        fields, memory, size = self._fields, self._memory, self._fields.itemsize
        return (PlainRecord(fields, memory, at) for at in range(0, memory.nbytes, size))

    def tolist(self) -> list[tuple[Any, ...]]:
        """All records, each in a tuple."""
        return list(self._fields.record.iter_unpack(self._memory))

    def tobytes(self) -> bytes:
        """A copy of the memory of all records."""
        return self._memory.tobytes()

    def __repr__(self) -> str:
        return f"PlainRecords({len(self)} of {', '.join(self._fields.names)})"


def records_over(layout: RecordLayout, memory: "memoryview[int]") -> PlainRecords:
    """The calling thread's own records; read-only if `memory` is."""
    return PlainRecords(PlainFields(layout), memory)


class Prepared:
    """Records to be stored, which can be cut by records."""

    __slots__ = ("_itemsize", "memory")

    def __init__(self, memory: "memoryview[int]", itemsize: int) -> None:
        self.memory: Final = memory
        self._itemsize: Final = itemsize

    def __len__(self) -> int:
        return self.memory.nbytes // self._itemsize

    def __getitem__(self, piece: slice, /) -> "Prepared":
        start, stop, _ = piece.indices(len(self))
        size = self._itemsize
        return Prepared(self.memory[start * size : stop * size], size)


def bind_prepare(layout: RecordLayout) -> Callable[[Any], Prepared]:
    """Makes `prepare(records)`: what `store` takes, of bytes, of records, or of tuples."""
    record, itemsize = layout.struct, layout.itemsize

    def prepare(records: Any) -> Prepared:
        if isinstance(records, PlainRecords):
            records = records.tobytes()
        try:
            memory = memoryview(records).cast("B")
        except TypeError:  # no bytes: tuples
            memory = memoryview(b"".join(record.pack(*each) for each in records))
        if memory.nbytes % itemsize:
            raise ValueError(f"{memory.nbytes} bytes are not whole records of {itemsize} bytes")
        return Prepared(memory, itemsize)

    return prepare


def bind_store(
    layout: RecordLayout, size: int, memory: "memoryview[int]"
) -> Callable[[int, Prepared], None]:
    """Makes `store(low, records)`: copies what `prepare` has made into the slots from `low` on.

    Args:
        layout: of the records.
        size: slots in the ring.
        memory: the thread's own.
    """
    itemsize: Final = layout.itemsize
    mask: Final = size - 1

    def store(low: int, records: Prepared) -> None:
        start = low & mask
        stop = start + len(records)
        source = records.memory
        if stop <= size:
            memory[start * itemsize : stop * itemsize] = source
        else:
            at = (size - start) * itemsize
            memory[start * itemsize :] = source[:at]
            memory[: (stop - size) * itemsize] = source[at:]

    return store
