"""`SkipTable`: the skipped sequences of a ring between processes.

The ranges stand in shared memory, in the order of their sequences. There is one producer, so only
one process changes them:

    count      raised after each change; consumers compare it once a batch
    entries    how many ranges were ever begun; the range `n` is at `n % length`

A range that continues the last one is joined to it: the last range may grow. Two ranges never
touch. So those of one lap fit into a table of `size / 2 + 2`. A range that is overwritten was
passed by every consumer that gates.

A range is noted before its sequences are published. A producer that dies in between leaves a note
that concerns nothing. Its successor claims the same sequences, and drops the note first. So a
consumer must not believe a note beyond what it may read: it looks again when it gets there.

A dropped range is made empty, and its number is used again. So a consumer never counts an empty
range as passed.
"""

from typing import Final

from ringbuffer.host import Host
from ringbuffer.memory import AtomicOperations, Memory, Word
from ringbuffer.memory.words import Block
from ringbuffer.skipped import NONE_AHEAD, Range, SkippedSequences, SkippedView

#: The end of a range that was dropped: before every sequence.
EMPTY: Final = -2


class SkipTable(SkippedSequences):
    """See `SkippedSequences`. The process that produces changes it; any process reads it.

    Args:
        size: slots in the ring.
        memory: what provides the cells.
        host: what provides the lock of this process.
        block: the ranges, two words for each.
        operations: what loads and stores them.
    """

    __slots__ = ("_block", "_changes", "_entries", "_operations", "length")

    def __init__(
        self,
        size: int,
        memory: Memory,
        host: Host,
        block: Block,
        operations: AtomicOperations,
    ) -> None:
        super().__init__(size, memory, host)
        self._entries: Final = memory.cell(0)
        self._block: Final = block
        self._operations: Final = operations
        self.length: Final = size // 2 + 2
        self._changes: Final = host.lock()

    # -- the process that produces -----------------------------------------------------------------

    def add(self, low: int, high: int, again: bool = False) -> None:
        """See `SkippedSequences.add`. It may be called again: it does what is left undone."""
        with self._changes:
            entries = self._entries.load()
            last = self._range(entries - 1) if entries else (0, -2)
            if last[0] <= low <= last[1] + 1:
                if high > last[1]:
                    self._word(entries - 1, 1)[0] = high
            else:
                self._word(entries, 0)[0] = low
                self._word(entries, 1)[0] = high
                self._entries.store(entries + 1)
            self._count.fetch_add(1)

    def drop_after(self, cursor: int) -> None:
        """Forget what a dead producer noted and did not publish. The new producer calls it."""
        with self._changes:
            entries = self._entries.load()
            # Terminates because it goes down, at most through the table.
            for number in range(entries - 1, max(entries - self.length, -1), -1):
                low, high = self._range(number)
                if low <= cursor:
                    if high > cursor:
                        self._word(number, 1)[0] = cursor
                    break
                # Empty first: a consumer may yet meet it at its place in the table
                self._word(number, 1)[0] = EMPTY
                self._entries.store(number)

    # -- every process -----------------------------------------------------------------------------

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges that a consumer may still reach, and some that every consumer has passed."""
        return tuple(each for _, each in self.ranges_from(0))

    def between(self, passed: int, last: int) -> int:
        """See `SkippedSequences.between`."""
        return sum(max(0, min(high, last) - max(low - 1, passed)) for low, high in self.ranges)

    def noted_until(self, last: int) -> int:
        """How many sequences up to the published `last` are skipped, of those in the table."""
        return self.between(-1, last)

    def view(self) -> "SkipTableView":
        """The calling thread's own access."""
        return SkipTableView(self, self._count.view().word)

    def ranges_from(self, number: int) -> list[tuple[int, Range]]:
        """The ranges from `number` on that are in the table, with their numbers."""
        entries = self._entries.load()
        first = max(number, entries - self.length + 1, 0)
        found = [
            (each, self._range(each)) for each in range(first, min(entries, first + self.length))
        ]
        # What was overwritten meanwhile may be half of one range and half of another
        kept = self._entries.load() - self.length
        return [each for each in found if each[0] > kept]

    def _range(self, number: int) -> Range:
        return self._word(number, 0)[0], self._word(number, 1)[0]

    def _word(self, number: int, which: int) -> Word:
        return self._operations.word(self._block, (number % self.length) * 16 + which * 8)


class SkipTableView(SkippedView):
    """One thread's view of what is skipped. Owning thread only. See `SkippedView`."""

    __slots__ = ("_first", "_from")

    def __init__(self, table: SkipTable, count: Word) -> None:
        super().__init__(table, count)
        self._from: Final = table.ranges_from
        #: The number of the first range that may lie ahead.
        self._first = 0

    def note(self, low: int, high: int) -> None:
        """Refuse.

        Raises:
            TypeError: always: only the producer skips sequences of a ring between processes.
        """
        raise TypeError("a consumer cannot skip sequences of a ring between processes")

    def pieces(self, first: int, last: int) -> list[Range]:
        """See `SkippedView.pieces`. What is noted beyond `last` is not believed yet."""
        seen = self.count[0]
        pieces, low, ahead = [], first, NONE_AHEAD
        found = self._from(self._first)
        for number, (start, stop) in found:
            if stop < start:
                continue  # dropped, and perhaps about to be used again
            if stop < first:
                if number < found[-1][0]:
                    self._first = number + 1  # it can neither be met again nor grow
                continue
            ahead = min(ahead, start)
            if start > last:
                break
            if low < start:
                pieces.append((low, start - 1))
            low = max(low, stop + 1)
        if low <= last:
            pieces.append((low, last))
        self._seen, self._next = seen, ahead
        return pieces
