"""`PublishedFlags`: what is published in a multi-producer ring, by the flags of its slots."""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory import CellView, FlagView
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.seal import claimed_of


def parity(sequence: int, size: int) -> int:
    """The flag value which means that `sequence` is published."""
    return (sequence // size) & 1


class PublishedFlags:
    """What is published, read from the flags at the speed of C. Owning thread only.

    It remembers up to where it has seen everything published. That stays true, so the next search
    starts there.

    Attributes:
        get: `get()`, the highest sequence published without a gap, searched from what is known to
            be published.
        highest_from: `highest_from(sequence)`, as `get`, for a caller that knows that every
            sequence before `sequence` is published.
        word: None, because no single word says what is published.
    """

    __slots__ = ("get", "highest_from", "word")

    def __init__(self, cursor_view: CellView, flag_view: FlagView, size: int) -> None:
        cursor: Final = cursor_view.word
        flags: Final = flag_view.items
        find: Final = flag_view.find
        mask: Final = size - 1
        shift: Final = size.bit_length() - 1
        known = INITIAL_SEQUENCE

        def get() -> int:
            return highest_from(known + 1)

        def highest_from(sequence: int) -> int:
            # The cursor is loaded first. Everything more than a ring before it is published, since
            # no claim goes further ahead of a gap. This bounds the search to one lap, even for a
            # view that was not used for long. A sealed cursor is far ahead of every sequence, so
            # the seal needs to be removed only in this branch.
            nonlocal known
            claimed = cursor[0]
            last = known
            if last < sequence - 1:
                last = sequence - 1
            if last < claimed - size:
                claimed = claimed_of(claimed)
                if last < claimed - size:
                    last = claimed - size
            low = last + 1
            if low <= claimed:
                lap = (low >> shift) & 1
                if flags[low & mask] == lap:
                    last = claimed if low == claimed else search(low + 1, claimed)
            known = last
            return last

        def search(low: int, claimed: int) -> int:
            """The last sequence before the first gap in `[low, claimed]`, or `claimed`.

            Terminates because `low` rises by at least 1 in each iteration.
            """
            while low <= claimed:
                start = low & mask
                stop = min(start + claimed - low + 1, size)
                unpublished = (low >> shift) & 1 ^ 1
                gap = find(unpublished, start, stop)
                if gap >= 0:
                    return low + gap - start - 1
                low += stop - start
            return claimed

        self.get: Final[Callable[[], int]] = get
        self.highest_from: Final[Callable[[int], int]] = highest_from
        self.word: Final = None
