"""`SlotReader`: a thread's own way to read the slots that a barrier let it through to."""

from typing import Final

from ringbuffer.skipped import Range, SkippedView


class SlotReader[E]:
    """Reads ranges of slots as lists, and knows which of them to pass over. Owning thread only.

    Args:
        slots: the thread's own access to the slots.
        skipped: the thread's own knowledge of what is skipped.
    """

    __slots__ = ("_mask", "_skipped", "_slots", "pieces", "skips")

    def __init__(self, slots: list[E], skipped: SkippedView) -> None:
        self._slots: Final = slots
        self._mask: Final = len(slots) - 1
        self._skipped: Final = skipped
        self.skips: Final = skipped.concerns
        self.pieces: Final = skipped.pieces

    def read(self, low: int, high: int) -> list[E]:
        """What is in the slots of the sequences from `low` to `high`, at most a ring of them, in a new list."""
        start, stop = low & self._mask, (high & self._mask) + 1
        if start < stop:
            return self._slots[start:stop]
        return self._slots[start:] + self._slots[:stop]

    def shown(self, low: int, high: int) -> list[Range]:
        """What is left of a range without the skipped sequences; the usual case looks at one word."""
        return self.pieces(low, high) if self.skips(high) else [(low, high)]
