"""Records in columns: a numpy array for each field, and what producers and handlers see of them.

For wide records, and for producers that have columns: a handler that reads two fields of sixteen
then loads only these. A single record, and an array of records, cost more than in rows.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, overload

from ringbuffer.records.layout import RecordLayout

if TYPE_CHECKING:
    import numpy as np

    type Column = np.ndarray[Any, Any]


class ColumnRecord:
    """One record: `record["price"]`. The thread that got it only, while its slot is valid."""

    __slots__ = ("_at", "_columns")

    def __init__(self, columns: "dict[str, Column]", at: int) -> None:
        self._columns: Final = columns
        self._at: Final = at

    def __getitem__(self, name: str) -> Any:
        return column_of(self._columns, name)[self._at]

    def __setitem__(self, name: str, value: object) -> None:
        column_of(self._columns, name)[self._at] = value

    def item(self) -> tuple[Any, ...]:
        """All fields, in a tuple."""
        return tuple(column[self._at].tolist() for column in self._columns.values())

    def __repr__(self) -> str:
        return f"ColumnRecord{self.item()!r}"


class ColumnRecords:
    """Records side by side: `records["price"]`, `records[3]`, `records[1:3]`. Owning thread only.

    A column is cut when it is asked for.

    Args:
        layout: of the records.
        columns: for each field, the thread's own array of all slots.
        start: the first of the records.
        stop: the end of them.
    """

    __slots__ = ("_columns", "_layout", "_start", "_stop")

    def __init__(
        self, layout: RecordLayout, columns: "dict[str, Column]", start: int, stop: int
    ) -> None:
        self._layout: Final = layout
        self._columns: Final = columns
        self._start: Final = start
        self._stop: Final = stop

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The dtype of a record."""
        return self._layout.dtype

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int, /) -> ColumnRecord: ...
    @overload
    def __getitem__(self, index: slice, /) -> "ColumnRecords": ...
    @overload
    def __getitem__(self, index: str, /) -> "Column": ...
    def __getitem__(self, index: int | slice | str, /) -> Any:
        """A record, a range of them, or the column of a field."""
        if isinstance(index, str):
            return column_of(self._columns, index)[self._start : self._stop]
        if isinstance(index, slice):
            start, stop, step = index.indices(self._stop - self._start)
            if step != 1:
                raise ValueError("records are cut without a step; take a column, and cut that")
            first = self._start + start
            return ColumnRecords(self._layout, self._columns, first, max(first, self._start + stop))
        return ColumnRecord(self._columns, range(self._start, self._stop)[index])

    def __setitem__(self, index: int | str, values: Any, /) -> None:
        """Store a record from a tuple, or a column from an array or a number."""
        if isinstance(index, str):
            column_of(self._columns, index)[self._start : self._stop] = values
            return
        at = range(self._start, self._stop)[index]
        for column, value in zip(self._columns.values(), values, strict=True):
            column[at] = value

    def __iter__(self) -> Iterator[ColumnRecord]:
        return (ColumnRecord(self._columns, at) for at in range(self._start, self._stop))

    def tolist(self) -> list[tuple[Any, ...]]:
        """All records, each in a tuple."""
        return list(zip(*(self[name].tolist() for name in self._columns), strict=True))

    def copy(self) -> "Column":
        """A copy, as a numpy array of records."""
        from ringbuffer.records.arrays import own_dtype, zeros

        rows = zeros(len(self), own_dtype(self._layout))
        for name in self._columns:
            rows[name] = self[name]
        return rows

    def __repr__(self) -> str:
        return f"ColumnRecords({len(self)} of {', '.join(self._columns)})"


def column_of(columns: "dict[str, Column]", name: str) -> "Column":
    """The column of that name."""
    try:
        return columns[name]
    except KeyError:
        raise KeyError(f"no field {name!r}; the fields are {', '.join(columns)}") from None


class PreparedColumns:
    """Columns to be stored, all of one length, which can be cut by records."""

    __slots__ = ("_length", "columns")

    def __init__(self, columns: "dict[str, Column]", length: int) -> None:
        self.columns: Final = columns
        self._length: Final = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, piece: slice, /) -> "PreparedColumns":
        start, stop, _ = piece.indices(self._length)
        cut = {name: column[start:stop] for name, column in self.columns.items()}
        return PreparedColumns(cut, stop - start)


def bind_store(columns: "dict[str, Column]", size: int) -> Callable[[int, PreparedColumns], None]:
    """Makes `store(low, records)`: copies columns into the slots from `low` on.

    Args:
        columns: the thread's own arrays of all slots.
        size: slots in the ring.
    """
    mask: Final = size - 1

    def store(low: int, records: PreparedColumns) -> None:
        start = low & mask
        stop = start + len(records)
        for name, source in records.columns.items():
            column = columns[name]
            if stop <= size:
                column[start:stop] = source
            else:
                column[start:] = source[: size - start]
                column[: stop - size] = source[size - start :]

    return store
