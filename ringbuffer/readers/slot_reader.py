"""`SlotReader`: a thread's own way to read the slots that a barrier has made available to it."""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory import SlotView, range_reader
from ringbuffer.memory.ranges import ReadRange
from ringbuffer.skipped import Range, SkippedView


class SlotReader[E]:
    """Reads ranges of slots as lists, and finds the skipped sequences in them. Owning thread only.

    Args:
        slots: the thread's own access to the slots.
        skipped: the thread's own view of the skipped sequences.
        read: reads ranges; the default reads the slots into a list.
        pieces: what is left of a range; the default leaves out what is skipped.

    Attributes:
        slots, mask: the slot of a sequence is `slots[sequence & mask]`.
        skipped: the thread's own view of the skipped sequences.
        skips, pieces: `skipped.concerns` and `skipped.pieces`.
        read: `read(low, high)`, the contents of the slots of the sequences from `low` to `high`, at
            most a ring of them, in a new list.
    """

    __slots__ = ("mask", "pieces", "read", "skipped", "skips", "slots")

    def __init__(
        self,
        slots: SlotView[E],
        skipped: SkippedView,
        read: ReadRange[E] | None = None,
        pieces: Callable[[int, int], list[Range]] | None = None,
    ) -> None:
        self.slots: Final = slots
        self.mask: Final = len(slots) - 1
        self.skipped: Final = skipped
        self.skips: Final = skipped.concerns
        self.pieces: Final = skipped.pieces if pieces is None else pieces
        self.read: Final = range_reader(slots) if read is None else read

    def shown(self, low: int, high: int) -> list[Range]:
        """What is left of a range without its skipped sequences. Usually it loads only one word."""
        return self.pieces(low, high) if self.skips(high) else [(low, high)]
