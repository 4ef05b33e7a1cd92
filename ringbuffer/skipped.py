"""Skipped sequences: published, so that no consumer waits for them, but never shown to a handler.

A claim cannot be given back: later claims may be published already. Suppose that a producer cannot
fill its claim because a translator raised. Then the claim's sequences are noted here and published
like any others, and every consumer passes over them.

A consumer whose handler failed may note sequences too, if its exception handler asks for that. They
are sequences that it may read and has not passed. Later stages pass over them.

Shared words:

    count    how many ranges were ever noted; raised by a read-modify-write before the range is
             published, or passed

A consumer reads up to a sequence after a load-acquire of what its publication, or the consumer
before it, stored. So it finds the count raised for every skipped sequence up to there. It compares
the count once a batch. It reads the ranges only if the count has changed, or if a range lies in the
batch.

What a consumer notes is published already. Consumers that do not come after it may be before the
range, in it, or behind it. They may find the range or not. Either way they lose nothing: the note
is not meant for them.
"""

from bisect import insort
from typing import Final

from ringbuffer.host import Host
from ringbuffer.memory import Memory, Word

#: Instead of the next skipped sequence, if no range lies ahead: higher than every sequence.
NONE_AHEAD: Final = 1 << 62

#: Up to this many ranges are searched at every change. More are searched when their number has
#: doubled.
FEW: Final = 32

type Range = tuple[int, int]


class SkippedSequences:
    """The ranges of one ring that are skipped. Any thread.

    Args:
        size: slots in the ring.
        memory: what provides the count's cell.
        host: what provides the lock that serialises changes.
    """

    __slots__ = ("_count", "_crowded", "_dropped", "_lock", "_noted", "_ranges", "_size")

    def __init__(self, size: int, memory: Memory, host: Host) -> None:
        self._size: Final = size
        self._count: Final = memory.cell(0)
        self._lock: Final = host.lock()
        self._ranges: tuple[Range, ...] = ()
        self._crowded = 0
        #: How many sequences were ever noted; and up to which sequence ranges may be dropped.
        self._noted = 0
        self._dropped = -1

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges that a consumer may still reach, and some that every consumer has passed.

        Each is (lowest, highest), in no particular order. From one change to the next, ranges may
        be removed anywhere, and are added or replaced at the end.
        """
        return self._ranges

    @property
    def count(self) -> int:
        """How many ranges were ever noted."""
        return self._count.load()

    def between(self, passed: int, last: int) -> int:
        """How many sequences after `passed`, up to the published `last`, are skipped. No lock.

        The answer is of a moment during the call. It is exact for a consumer that has passed
        `passed` and nothing since; ranges that all consumers have passed may be gone.
        """
        return sum(max(0, min(high, last) - max(low - 1, passed)) for low, high in self._ranges)

    def noted_until(self, last: int) -> int:
        """How many sequences up to the published `last` producers have skipped.

        Exact if consumers note nothing: each consumer that notes a range counts it again. A
        published range was noted before its publication. So if `last` was read before the call, all
        of these ranges are counted, and no later one.
        """
        with self._lock:
            return self._noted - sum(
                max(0, stop - max(start - 1, last)) for start, stop in self._ranges
            )

    def add(self, low: int, high: int, again: bool = False) -> None:
        """Note that the sequences from `low` to `high` are to be skipped.

        They are claimed and not published yet; or they are published, and the caller is a consumer
        that has not passed them.

        In both cases `high` is claimed. So every consumer that gates has passed the sequences a
        ring before it, and ranges that end there are dropped. The tuple is replaced before the
        count is raised: a thread that sees the count sees the range. A range that continues the
        last one is joined to it, so that a run of failures stays one range. If there are many
        ranges, they are searched only when their number has doubled.

        Args:
            low: the lowest of them.
            high: the highest.
            again: whether an earlier call with this range was interrupted. If that call noted the
                range, it is not counted again.
        """
        with self._lock:
            if again and self._is_noted(low, high):
                self._count.fetch_add(1)  # the earlier call may not have done it
                return
            kept, dropped = self._ranges, self._dropped
            noted = self._noted + high - low + 1
            if len(kept) >= self._crowded:
                dropped = max(dropped, high - self._size)
                kept = tuple(each for each in kept if each[1] > high - self._size)
                self._crowded = 2 * len(kept) if len(kept) > FEW else 0
            if kept and kept[-1][0] <= low <= kept[-1][1] + 1:
                low, high = kept[-1][0], max(kept[-1][1], high)
                kept = kept[:-1]
            # No call comes before the next store is done
            self._noted, self._dropped = noted, dropped
            self._ranges = (*kept, (low, high))
            self._count.fetch_add(1)

    def _is_noted(self, low: int, high: int) -> bool:
        """Whether a range was noted. The lock is held.

        If the range was dropped, every consumer has passed it.
        """
        return high <= self._dropped or any(
            each[0] <= low and high <= each[1] for each in self._ranges
        )

    def view(self) -> "SkippedView":
        """The calling thread's own access."""
        return SkippedView(self, self._count.view().word)


class SkippedView:
    """One thread's view of what is skipped. Owning thread only.

    Attributes:
        count: how many ranges were ever noted.
    """

    __slots__ = ("_ahead", "_given", "_next", "_seen", "_skipped", "count")

    def __init__(self, skipped: SkippedSequences, count: Word) -> None:
        self._skipped: Final = skipped
        self.count: Final = count
        self._seen = 0
        #: The ranges that were read last; and those that lie ahead, sorted.
        self._given: tuple[Range, ...] = ()
        self._ahead: list[Range] = []
        self._next = NONE_AHEAD

    def note(self, low: int, high: int) -> None:
        """See `SkippedSequences.add`."""
        self._skipped.add(low, high)

    def concerns(self, last: int) -> bool:
        """Whether a skipped sequence may lie at or before `last`.

        No call but `pieces` may have asked about `last` before.
        """
        return self.count[0] != self._seen or self._next <= last

    @property
    def known(self) -> tuple[int, int]:
        """The count at which it read the ranges, and the next skipped sequence.

        `concerns` compares with both.
        """
        return self._seen, self._next

    def pieces(self, first: int, last: int) -> list[Range]:
        """What is left of `[first, last]` without the skipped sequences, in order.

        The caller may read up to `last`. No later call asks about a sequence before `first`. A
        later call may ask again about sequences from `first` on, if a batch is cut short or
        replayed. So their ranges are kept until then.

        The count is loaded before the tuple. A range that is noted between the two is read early,
        which does no harm.
        """
        seen = self.count[0]
        ahead = self._ahead
        if seen != self._seen:
            self._look(first)
            self._seen = seen
        passed = 0
        while passed < len(ahead) and ahead[passed][1] < first:
            passed += 1
        del ahead[:passed]
        self._next = ahead[0][0] if ahead else NONE_AHEAD
        pieces = []
        low = first
        for start, stop in ahead:
            if start > last:
                break
            if low < start:
                pieces.append((low, start - 1))
            low = max(low, stop + 1)
        if low <= last:
            pieces.append((low, last))
        return pieces

    def _look(self, first: int) -> None:
        """Read the ranges that were added since the last look. They are at the end of the tuple.

        If a range stands where it stood, the same ranges come before it, since none is ever
        inserted there. The last range may have been replaced by a longer one, so the one before it
        decides.
        """
        given, now = self._given, self._skipped.ranges
        known = len(given) - 1
        if 0 < known <= len(now) and now[known - 1] is given[known - 1]:
            for each in now[known:]:
                if each[1] >= first:
                    insort(self._ahead, each)
        else:
            self._ahead[:] = sorted(each for each in now if each[1] >= first)
        self._given = now
