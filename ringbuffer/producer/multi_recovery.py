"""Rare operations in a multi-producer ring: skip, give up, complete after an interrupt.

A signal handler, or `PyThreadState_SetAsyncExc`, may raise at almost every call. A claim that is
neither published nor skipped would stop every consumer forever. So these functions finish what was
begun. The thread that has claimed calls them before it propagates the exception. Each may be called
again: it then does what the first call left undone.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory import CellView, FlagView
from ringbuffer.producer.ops import Publish
from ringbuffer.producer.refusals import not_due, note_published
from ringbuffer.sequencer.published_flags import parity
from ringbuffer.sequencer.ring_state import RingState
from ringbuffer.sequencer.seal import claimed_of


class MultiProducerRecovery:
    """Skips claims, and finishes publications after an interrupt. Owning thread only.

    Args:
        state: the ring's shared state.
        cursor: the thread's own view of the cursor.
        flags: the thread's own view of the flags.
        signal: wakes the consumers; None if no consumer can sleep.
    """

    __slots__ = ("_cursor", "_fill", "_find", "_given_up", "_has_set", "_signal", "_size", "_state")

    def __init__(
        self, state: RingState, cursor: CellView, flags: FlagView, signal: Callable[[], None] | None
    ) -> None:
        self._state: Final = state
        self._size: Final = state.size
        self._cursor: Final = cursor.word
        self._has_set: Final = cursor.has_set
        self._fill: Final = flags.fill
        self._find: Final = flags.find
        self._signal: Final = signal
        #: The range that an earlier, interrupted `give_up` began to skip. If it is published now,
        #: it is published as skipped.
        self._given_up: tuple[int, int] | None = None

    def disown(self, current: int, sequence: int, error: BaseException) -> None:
        """Give up the claim after `current` that has raised, if its swap has happened."""
        self._state.claim_stalls.end(self._state.host.thread_id())
        if self._has_set(current, sequence):
            self.give_up(current + 1, sequence, error)

    def skip(self, low: int, high: int | None, publish: Publish) -> None:
        """See `Skip`. Checked before it is noted, and noted before it is published."""
        claimed = claimed_of(self._cursor[0])
        if high is None:
            high = low
        if not claimed - self._size < low <= high <= claimed:
            raise not_due(low, high, claimed)
        self.check_unpublished(low, high, claimed)
        skipped = self._state.skipped
        try:
            skipped.add(low, high)
            publish(low, high)
        except BaseException:
            skipped.add(low, high, again=True)
            self.complete(low, high)
            raise

    def give_up(self, low: int, high: int, error: BaseException) -> bool:
        """See `GiveUp`."""
        if self._cursor[0] < high:
            return False  # a child after a fork has claimed nothing
        again = self._given_up == (low, high)
        published = not again and self._first_unpublished(low, high) > low
        if not published:
            self._given_up = low, high
            self._state.skipped.add(low, high, again)
        self.complete(low, high)
        if published:
            note_published(low, high, error)
        return published

    def complete(self, low: int, high: int) -> None:
        """Publish the unpublished ones of these claimed sequences, and wake the consumers."""
        if self._cursor[0] < high:
            return  # as in `give_up`
        first = self._first_unpublished(low, high)
        if first <= high:
            for start, stop, lap in pieces_of(first, high, self._size):
                self._fill(start, stop, lap)  # release: only this thread publishes them
        if self._signal is not None:
            self._signal()

    def check_unpublished(self, low: int, high: int, claimed: int) -> None:
        """Check that no sequence of a claimed range is published.

        Raises:
            ValueError: at least one is published.
        """
        for start, stop, lap in pieces_of(low, high, self._size):
            if self._find(lap, start, stop) >= 0:
                raise not_due(low, high, claimed)

    def _first_unpublished(self, low: int, high: int) -> int:
        """The lowest unpublished sequence of a claimed range; `high + 1` if all are published."""
        # A slot that was published a lap later has the flag of an unpublished one. The cursor,
        # loaded after the flag, tells them apart: it is a whole ring ahead, and all sequences more
        # than a ring before it are published. Terminates because each iteration but the last raises
        # `low`.
        while low <= high:
            found = high + 1
            base = low
            for start, stop, lap in pieces_of(low, high, self._size):
                at = self._find(lap ^ 1, start, stop)
                if at >= 0:
                    found = base + at - start
                    break
                base += stop - start
            passed = claimed_of(self._cursor[0]) - self._size
            if found > high or passed < found:
                return found
            low = passed + 1
        return high + 1


def pieces_of(low: int, high: int, size: int) -> list[tuple[int, int, int]]:
    """The slots of at most a ring of sequences: (start, stop, parity), one piece for each lap."""
    start, stop = low & (size - 1), (high & (size - 1)) + 1
    lap = parity(low, size)
    if start < stop:
        return [(start, stop, lap)]
    return [(start, size, lap), (0, stop, lap ^ 1)]
