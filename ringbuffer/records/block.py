"""`RecordBlock`: the memory of all records of a ring, and how threads look at it."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ringbuffer.records import plain
from ringbuffer.records.layout import RecordLayout

#: What a thread sees of the records: a numpy array, or `PlainRecords`. Both have a length, records
#: at indices, ranges of records at slices, and columns at names.
type Records = Any


class RecordStore(NamedTuple):
    """How a thread copies records into the slots. Owning thread only.

    Attributes:
        prepare: `prepare(records)` makes what `store` takes; it has a length, and can be sliced.
            Raises `TypeError` or `ValueError` if they are not records of the layout.
        store: `store(low, prepared)` copies it into the slots of the sequences from `low` on. It
            continues at the beginning of the ring.
    """

    prepare: Callable[[Any], Any]
    store: Callable[[int, Any], None]


class RecordBlock:
    """Records of one layout, one after the other, in any writable memory. Any thread.

    The record of a sequence is at `(sequence % size) * layout.itemsize`.

    Args:
        layout: of each record.
        size: records, a power of two.
        memory: returns a new writable `memoryview` of `size * layout.itemsize` bytes or more. Each
            thread calls it once for each kind of access. It must not slice an object that threads
            share, see `ringbuffer.memory.words.Block.bytes`.

    Raises:
        ValueError: the memory is too short.
        TypeError: it is read-only.
    """

    __slots__ = ("_memory", "layout", "size")

    def __init__(
        self, layout: RecordLayout, size: int, memory: "Callable[[], memoryview[int]]"
    ) -> None:
        self.layout: Final = layout
        self.size: Final = size
        self._memory: Final = memory
        given = memory()
        if given.readonly:
            raise TypeError("the memory of records is read-only; producers must write to it")
        if given.nbytes < self.nbytes:
            raise ValueError(
                f"{size} records of {layout.itemsize} bytes need {self.nbytes} bytes of memory, "
                f"and there are {given.nbytes}"
            )

    @property
    def nbytes(self) -> int:
        """The bytes of all records."""
        return self.size * self.layout.itemsize

    def bytes(self, writable: bool) -> "memoryview[int]":
        """The calling thread's own view of the memory."""
        memory = self._memory().cast("B")[: self.nbytes]
        return memory if writable else memory.toreadonly()

    def records(self, writable: bool) -> Records:
        """The calling thread's own view of all records."""
        memory = self.bytes(writable)
        if not self.layout.uses_numpy:
            return plain.records_over(self.layout, memory)
        from ringbuffer.records import arrays  # it imports numpy

        return arrays.array_over(self.layout, self.size, memory)

    def store(self) -> RecordStore:
        """The calling thread's own way to copy records into the slots."""
        if not self.layout.uses_numpy:
            memory = self.bytes(writable=True)
            store = plain.bind_store(self.layout, self.size, memory)
            return RecordStore(plain.bind_prepare(self.layout), store)
        from ringbuffer.records import arrays  # it imports numpy

        rows = self.records(writable=True)
        prepare = arrays.bind_prepare(self.layout)
        return RecordStore(prepare, arrays.bind_store(self.layout, rows))


def pieces_of(records: Records, low: int, high: int) -> tuple[Records, ...]:
    """The records of the sequences from `low` to `high`: in two parts at the end of the ring.

    Args:
        records: all of them, as a thread sees them.
        low: the lowest sequence.
        high: the highest, less than a ring after `low`.
    """
    size = len(records)
    start, stop = low & (size - 1), (high & (size - 1)) + 1
    if start < stop:
        return (records[start:stop],)
    return (records[start:size], records[0:stop])
