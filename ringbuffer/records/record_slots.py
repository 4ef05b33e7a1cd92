"""`RecordSlots`: the slots of a ring of records."""

from typing import Any, Final

from ringbuffer.memory import Memory
from ringbuffer.records.block import RecordBlock, Records, RecordStore
from ringbuffer.records.column_block import ColumnBlock
from ringbuffer.records.layout import RecordLayout


class RecordSlots:
    """The slots of a ring whose events are records of one block. Any thread may ask for a view.

    An item of a view is a record: `view[i]["price"]`. Nothing is ordered by the accesses
    themselves. A producer's stores come before the release of its publication, and a consumer's
    loads before the release of its own sequence: see docs/memory-model.md.
    """

    __slots__ = ("_block",)

    def __init__(self, block: RecordBlock | ColumnBlock) -> None:
        self._block: Final = block

    @property
    def layout(self) -> RecordLayout:
        """The layout of a record."""
        return self._block.layout

    def view(self) -> Records:
        """The calling thread's own records, to write."""
        return self._block.records(writable=True)

    def read_view(self) -> Records:
        """The calling thread's own records, to read. They cannot be made writable."""
        return self._block.records(writable=False)

    def shared(self) -> "SharedRecords":
        """All records, to write, for rare uses by any thread."""
        return SharedRecords(self)

    def store(self) -> RecordStore:
        """The calling thread's own way to copy records in."""
        return self._block.store()


class SharedRecords:
    """Records for rare uses by any thread: each use makes a view of its own."""

    __slots__ = ("_slots",)

    def __init__(self, slots: RecordSlots) -> None:
        self._slots: Final = slots

    def __getitem__(self, index: int, /) -> Any:
        return self._slots.view()[index]


class RecordFactory:
    """What a ring gets in place of a factory of events: it makes the slots for all records.

    Args:
        layout: of each record.
        arrangement: "rows", one record after the other; or "columns", a numpy array for each field.

    Raises:
        ValueError: the arrangement is unknown.
        TypeError: it is "columns", and the records are not numpy arrays.
    """

    __slots__ = ("_is_in_columns", "_layout")

    def __init__(self, layout: RecordLayout, arrangement: str = "rows") -> None:
        if arrangement not in ("rows", "columns"):
            raise ValueError(f"layout is 'rows' or 'columns', not {arrangement!r}")
        self._layout: Final = layout
        self._is_in_columns: Final = arrangement == "columns"
        if self._is_in_columns and not layout.uses_numpy:
            raise TypeError("columns need numpy: pass a numpy dtype, or RecordLayout.with_numpy()")

    def slots(self, size: int, memory: Memory) -> RecordSlots:
        """Slots for `size` records, a power of two, over a new block of `memory`.

        Raises:
            TypeError: a field needs numpy, and the layout does not use it.
        """
        layout = self._layout
        if self._is_in_columns:
            block = memory.block(ColumnBlock.bytes_of(layout, size))
            return RecordSlots(ColumnBlock(layout, size, block.bytes))
        if not layout.uses_numpy:
            _ = (
                layout.struct
            )  # so that a field that needs numpy is refused before the block is made
        return RecordSlots(RecordBlock(layout, size, memory.block(size * layout.itemsize).bytes))
