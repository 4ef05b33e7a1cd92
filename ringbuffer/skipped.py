"""Skipped sequences: published, so that nobody waits for them, but never shown to a handler.

A claim cannot be given back: later claims may be published already. When whoever claimed it cannot fill it, because a
translator raised, its sequences are noted here and published like any others; every consumer passes over them.

Shared words:

    count    how many ranges were ever noted; raised by a read-modify-write before the range is published

A consumer that was let through to a sequence (a load-acquire of what its publication stored) therefore finds the count raised
for every skipped sequence up to there. It compares the count once a batch, and looks at the ranges only when it changed or
when a range lies within the batch.
"""

from typing import Final

from ringbuffer.host import Host
from ringbuffer.memory import Memory, Word

#: The next skipped sequence where there is none: higher than every sequence.
NONE_AHEAD: Final = 1 << 62

type Range = tuple[int, int]


class SkippedSequences:
    """The ranges of one ring that are skipped. Any thread.

    Args:
        size: slots in the ring.
        memory: what provides the count's cell.
        host: what provides the lock that serialises changes.
    """

    __slots__ = ("_count", "_lock", "_ranges", "_size")

    def __init__(self, size: int, memory: Memory, host: Host) -> None:
        self._size: Final = size
        self._count: Final = memory.cell(0)
        self._lock: Final = host.lock()
        self._ranges: tuple[Range, ...] = ()

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges that some consumer may still come to: (lowest, highest), in no particular order."""
        return self._ranges

    @property
    def count(self) -> int:
        """How many ranges were ever noted."""
        return self._count.load()

    def add(self, low: int, high: int) -> None:
        """Note that the sequences from `low` to `high` are to be skipped. They are claimed and not published yet.

        Every consumer has passed what lies a ring before a claim, so those ranges are dropped. The tuple is replaced before
        the count is raised: who sees the count sees the range.
        """
        with self._lock:
            kept = tuple(each for each in self._ranges if each[1] > high - self._size)
            self._ranges = (*kept, (low, high))
            self._count.fetch_add(1)

    def view(self) -> "SkippedView":
        """The calling thread's own access."""
        return SkippedView(self, self._count.view().word)


class SkippedView:
    """One thread's knowledge of what is skipped. Owning thread only.

    Attributes:
        count: how many ranges were ever noted.
    """

    __slots__ = ("_next", "_ranges", "_seen", "_skipped", "count")

    def __init__(self, skipped: SkippedSequences, count: Word) -> None:
        self._skipped: Final = skipped
        self.count: Final = count
        self._seen = 0
        self._ranges: tuple[Range, ...] = ()
        self._next = NONE_AHEAD

    def concerns(self, last: int) -> bool:
        """Whether a skipped sequence may lie at or before `last`, which nobody asked about before or only `pieces` did."""
        return self.count[0] != self._seen or self._next <= last

    @property
    def known(self) -> tuple[int, int]:
        """The count as of which it knows the ranges, and the next skipped sequence: what `concerns` compares with."""
        return self._seen, self._next

    def pieces(self, first: int, last: int) -> list[Range]:
        """What is left of `[first, last]` without the skipped sequences, in order; the caller was let through to `last`.

        Nobody asks about anything before `first` again. What comes after it may be asked about once more, where a batch is cut
        short or replayed; so the ranges are kept until then.

        The count is loaded before the tuple; a range that is noted between the two is taken in early, and does no harm.
        """
        seen = self.count[0]
        if seen != self._seen:
            self._ranges = tuple(sorted(self._skipped.ranges))
            self._seen = seen
        self._ranges = tuple(each for each in self._ranges if each[1] >= first)
        self._next = self._ranges[0][0] if self._ranges else NONE_AHEAD
        pieces = []
        low = first
        for start, stop in self._ranges:
            if start > last:
                break
            if low < start:
                pieces.append((low, start - 1))
            low = max(low, stop + 1)
        if low <= last:
            pieces.append((low, last))
        return pieces
