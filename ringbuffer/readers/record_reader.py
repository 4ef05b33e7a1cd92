"""`RecordReader`: reads ranges of a ring of records as views, which are never copies."""

from typing import Any, Final

from ringbuffer.readers.slot_reader import SlotReader
from ringbuffer.records import Records
from ringbuffer.records.block import pieces_of
from ringbuffer.skipped import Range, SkippedView


class RecordReader(SlotReader[Any]):
    """Reads records, and finds the skipped ones. Owning thread only.

    A view lies in one piece of memory. So `pieces` and `shown` cut a range at the end of the ring
    too, and `read` of such a piece returns a read-only view of the records.

    Args:
        records: the thread's own read-only view of all records.
        skipped: the thread's own view of the skipped sequences.
    """

    __slots__ = ("_size",)

    def __init__(self, records: Records, skipped: SkippedView) -> None:
        self._size: Final = len(records)

        def read(low: int, high: int) -> Any:
            pieces = pieces_of(records, low, high)
            # Two pieces: a caller that wants each record, in order.
            return pieces[0] if len(pieces) == 1 else [*pieces[0], *pieces[1]]

        def pieces(first: int, last: int) -> list[Range]:
            return self.cut(skipped.pieces(first, last))

        super().__init__(records, skipped, read, pieces)

    def shown(self, low: int, high: int) -> list[Range]:
        """See `SlotReader.shown`; cut at the end of the ring."""
        return self.pieces(low, high) if self.skips(high) else self.cut([(low, high)])

    def cut(self, ranges: list[Range]) -> list[Range]:
        """The same ranges, each cut where it crosses the end of the ring."""
        size, whole = self._size, []
        for low, high in ranges:
            end = low | (size - 1)
            whole += [(low, high)] if high <= end else [(low, end), (end + 1, high)]
        return whole
