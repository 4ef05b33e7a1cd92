"""`ColumnBlock`: the memory of all records of a ring, a column for each field."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ringbuffer.records.block import RecordStore
from ringbuffer.records.columns import ColumnRecords, PreparedColumns, bind_store
from ringbuffer.records.layout import RecordLayout

#: Each column begins on such a boundary, so that no two share a cache line.
ALIGNMENT: Final = 128


class ColumnBlock:
    """Records of one layout in columns, one after the other, in any writable memory. Any thread.

    Args:
        layout: of each record; its records are numpy arrays.
        size: records, a power of two.
        memory: returns a new writable `memoryview`, see `RecordBlock`.
    """

    __slots__ = ("_memory", "layout", "size")

    def __init__(
        self, layout: RecordLayout, size: int, memory: "Callable[[], memoryview[int]]"
    ) -> None:
        self.layout: Final = layout
        self.size: Final = size
        self._memory: Final = memory

    @staticmethod
    def bytes_of(layout: RecordLayout, size: int) -> int:
        """The bytes of all columns."""
        return sum(-(-size * field.size // ALIGNMENT) * ALIGNMENT for field in layout.fields)

    def records(self, writable: bool) -> ColumnRecords:
        """The calling thread's own view of all records."""
        return ColumnRecords(self.layout, self._columns(writable), 0, self.size)

    def store(self) -> RecordStore:
        """The calling thread's own way to copy records into the slots."""
        layout = self.layout
        from ringbuffer.records.arrays import bind_check, own_dtype

        check, dtype = bind_check(layout), own_dtype(layout)
        names = dtype.names or ()

        def prepare(records: Any) -> PreparedColumns:
            if isinstance(records, Mapping):
                return columns_from(dtype, records)
            if isinstance(records, ColumnRecords) and records.dtype == dtype:
                return PreparedColumns({name: records[name] for name in names}, len(records))
            rows = check(records)
            return PreparedColumns({name: rows[name] for name in names}, len(rows))

        return RecordStore(prepare, bind_store(self._columns(writable=True), self.size))

    def _columns(self, writable: bool) -> dict[str, Any]:
        """The calling thread's own arrays, in the order of the dtype's names."""
        from ringbuffer.records.arrays import array_of, own_dtype

        memory = self._memory()
        memory = memory if writable else memory.toreadonly()
        columns, at = {}, 0
        dtype = own_dtype(self.layout)
        assert dtype.fields is not None
        for field in self.layout.fields:
            columns[field.name] = array_of(dtype.fields[field.name][0], self.size, memory, at)
            at += -(-self.size * field.size // ALIGNMENT) * ALIGNMENT
        return {name: columns[name] for name in dtype.names or ()}


def columns_from(dtype: Any, given: Mapping[str, Any]) -> PreparedColumns:
    """Columns by their names, as arrays of one length.

    Raises:
        TypeError: a column is missing, or is not a field.
        ValueError: they have different lengths.
    """
    from ringbuffer.records.arrays import as_array

    if set(given) != set(dtype.names):
        raise TypeError(f"columns {', '.join(given)}, and the fields are {', '.join(dtype.names)}")
    columns = {name: as_array(given[name], dtype.fields[name][0]) for name in dtype.names}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"columns of different lengths, {sorted(lengths)}")
    return PreparedColumns(columns, lengths.pop())
