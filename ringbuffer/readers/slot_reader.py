"""`SlotReader`: a thread's own way to read the slots that a barrier let it through to."""

from typing import Final

from ringbuffer.memory import SlotView, range_reader
from ringbuffer.skipped import Range, SkippedView


class SlotReader[E]:
    """Reads ranges of slots as lists, and knows which of them to pass over. Owning thread only.

    Args:
        slots: the thread's own access to the slots.
        skipped: the thread's own knowledge of what is skipped.

    Attributes:
        slots, mask: the slot of a sequence is `slots[sequence & mask]`.
        skipped: the thread's own knowledge of what is skipped.
        skips, pieces: its `concerns` and its `pieces`.
        read: `read(low, high)`, what is in the slots of the sequences from `low` to `high`, at most a ring of them, in a
            new list.
    """

    __slots__ = ("mask", "pieces", "read", "skipped", "skips", "slots")

    def __init__(self, slots: SlotView[E], skipped: SkippedView) -> None:
        self.slots: Final = slots
        self.mask: Final = len(slots) - 1
        self.skipped: Final = skipped
        self.skips: Final = skipped.concerns
        self.pieces: Final = skipped.pieces
        self.read: Final = range_reader(slots)

    def shown(self, low: int, high: int) -> list[Range]:
        """What is left of a range without the skipped sequences; the usual case looks at one word."""
        return self.pieces(low, high) if self.skips(high) else [(low, high)]
