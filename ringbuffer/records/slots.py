"""`RecordSlots`: the slots of a ring of records."""

from typing import Final

from ringbuffer.memory import Memory
from ringbuffer.records.block import RecordBlock, Records, RecordStore
from ringbuffer.records.layout import RecordLayout


class RecordSlots:
    """The slots of a ring whose events are records of one block. Any thread may ask for a view.

    An item of a view is a record: `view[i]["price"]`. Nothing is ordered by the accesses
    themselves. A producer's stores come before the release of its publication, and a consumer's
    loads before the release of its own sequence: see docs/memory-model.md.
    """

    __slots__ = ("_block",)

    def __init__(self, block: RecordBlock) -> None:
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

    def store(self) -> RecordStore:
        """The calling thread's own way to copy records in."""
        return self._block.store()


def record_slots(source: object, size: int, memory: Memory) -> RecordSlots:
    """Slots over a new block of `memory`.

    Args:
        source: what `RecordLayout.of` takes.
        size: slots in the ring, a power of two.
        memory: provides the block.

    Raises:
        TypeError, ValueError, ImportError: see `RecordLayout.of`.
    """
    layout = RecordLayout.of(source)
    return RecordSlots(RecordBlock(layout, size, memory.block(size * layout.itemsize).bytes))
