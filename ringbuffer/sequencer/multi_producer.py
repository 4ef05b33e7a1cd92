"""`MultiProducerSequencer`: any number of threads claim with compare-and-swap, and publish slot by slot.

Shared words:

    cursor    the last sequence claimed; moved by compare-and-swap alone
    flags     for each slot the parity of the lap it was last published in
    limit     the last sequence known to be free (see `RingState`)

Why the parity of the lap is enough. Lap L of a slot is claimed only when lap L-1 of it is finished with, or at least
published; so while the slot is asked about in lap L, its flag says L or L-1, which differ in parity. Before the first
lap the flags hold the parity of lap -1, which is 1, as if the lap before the first were published.

Why compare-and-swap and not fetch-and-add. Capacity is confirmed *before* the cursor moves, so a claim that is refused or
times out leaves no hole, and the cursor never runs more than a ring ahead of a gating sequence. With fetch-and-add a
claimant has taken its slots before it knows that they are free, and can no longer give up.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ringbuffer.checks import check_timeout
from ringbuffer.errors import RingBufferError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, CellView, FlagView, Memory, SlotView, Word, rows_of
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.capacity import Capacity, CapacityWait
from ringbuffer.sequencer.producer_barrier import NO_ROOM, ProducerBarrier, TryPut
from ringbuffer.sequencer.published_flags import PublishedFlags, parity
from ringbuffer.sequencer.sequencer import ONE, Sequencer, check_count, give_up, keep_unpublished, no_capacity
from ringbuffer.wait import WaitStrategy, signaller_of

#: The flag of a slot that was never published: the parity of lap -1.
NEVER: Final = 1


class MultiProducerSequencer(Sequencer):
    """A sequencer for any number of producing threads (LMAX Disruptor, `MultiProducerSequencer`)."""

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(buffer_size, wait_strategy, memory=memory, host=host)
        self._flags: Final = memory.flags(buffer_size, NEVER)

    @property
    def claimed(self) -> int:
        """The last sequence that a producer has claimed: the cursor."""
        return self._cursor.get()

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        size = self.buffer_size
        flag = self._flags.view().items[sequence & (size - 1)] if sequence >= 0 else NEVER
        # The cursor is read after the flag: were the slot claimed again before the flag was read, it would show.
        claimed = self.claimed
        return max(claimed - size, INITIAL_SEQUENCE) < sequence <= claimed and flag == parity(sequence, size)

    def published_view(self) -> PublishedFlags:
        """The calling thread's own knowledge of what is published."""
        return PublishedFlags(self._cursor.view(), self._flags.view(), self.buffer_size)

    def published(self) -> int:
        """The highest sequence published without a gap, for anybody, at some moment of the call.

        Who does not gate the producers may be lapped while it searches: the flag of a slot that is published again is taken
        for one that is not published yet. So the cursor is read again: as long as the slot behind the prefix was not
        claimed again, its flag was not either. Each turn but the last means that producers have gone a lap ahead meanwhile.
        """
        view = self.published_view()
        while True:
            published = view.get()
            if self._cursor.get() <= published + self.buffer_size:
                return published

    def producer_barrier(self) -> ProducerBarrier:
        """A way to claim and publish for the calling thread. Claims may be published in any order, and by any thread."""
        return _producer_barrier(self, self._cursor.view(), self._flags.view())


def _producer_barrier(sequencer: MultiProducerSequencer, cursor_view: CellView, flag_view: FlagView) -> ProducerBarrier:
    """The functions of one of many producers, closed over what belongs to its thread."""
    state = sequencer.state
    size = state.size
    checked = ONE
    mask: Final = size - 1
    shift: Final = size.bit_length() - 1
    cursor: Final = cursor_view.word
    compare_and_set: Final = cursor_view.compare_and_set
    flags: Final = flag_view.items
    find: Final = flag_view.find
    fill: Final = flag_view.fill
    limit: Final = state.limit.view().word
    capacity: Final = Capacity(state, PublishedFlags(cursor_view, flag_view, size), limit)
    signal: Final = signaller_of(sequencer.wait_strategy)

    def next_(n: int = 1, timeout: float | None = None) -> int:
        nonlocal checked
        # Each turn ends in a claim, in a lost compare-and-swap, which means that another producer claimed, or in a
        # pause, which the advance of a consumer, the deadline or the close of the ring ends.
        if n is not checked:
            check_count(n, size)
            checked = n
        if timeout is not None:
            check_timeout(timeout)
        wait: CapacityWait | None = None
        while True:
            current = cursor[0]
            sequence = current + n
            if sequence > limit[0] and not capacity.admits(sequence):
                if wait is None:
                    wait = capacity.start_wait(sequence, n, timeout)
                wait.pause(sequence)
            elif compare_and_set(current, sequence):
                return sequence

    def try_next(n: int = 1) -> int:
        nonlocal checked
        # A turn that loses the compare-and-swap is repeated: another producer has claimed.
        if n is not checked:
            check_count(n, size)
            checked = n
        while True:
            current = cursor[0]
            sequence = current + n
            if sequence > limit[0] and not capacity.admits(sequence):
                raise no_capacity(n, size)
            if compare_and_set(current, sequence):
                return sequence

    def publish(low: int, high: int | None = None) -> None:
        lap = (low >> shift) & 1
        claimed = cursor[0]
        if high is None:
            high = low
        if not claimed - size < low <= high <= claimed or flags[low & mask] == lap:
            raise not_due(low, high, claimed)
        if low == high:
            flags[low & mask] = lap
            if signal is not None:
                signal()
        else:
            check_unpublished(low, high, claimed)
            publish_claimed(low, high)

    def publish_claimed(low: int, high: int) -> None:
        start, stop = low & mask, (high & mask) + 1
        lap = (low >> shift) & 1
        if start < stop:
            fill(start, stop, lap)
        else:
            fill(start, size, lap)
            fill(0, stop, lap ^ 1)
        if signal is not None:
            signal()

    def check_unpublished(low: int, high: int, claimed: int) -> None:
        for start, stop, lap in pieces_of(low, high, size):
            if find(lap, start, stop) >= 0:
                raise not_due(low, high, claimed)

    def skip(low: int, high: int | None = None) -> None:
        # Refused before it is noted, and noted before it is published.
        claimed = cursor[0]
        if high is None:
            high = low
        if not claimed - size < low <= high <= claimed:
            raise not_due(low, high, claimed)
        check_unpublished(low, high, claimed)
        state.skipped.add(low, high)
        publish(low, high)

    def try_put_into(slots: SlotView[Any]) -> TryPut:
        rows, row_shift, row_mask = rows_of(slots)

        def try_put(
            value: object,
            # Bound here because a local is read several times as fast as what a function closes over.
            slots: SlotView[Any] = slots,
            rows: list[list[Any]] | None = rows,
            row_shift: int = row_shift,
            row_mask: int = row_mask,
            cursor: Word = cursor,
            limit: Word = limit,
            compare_and_set: Callable[[int, int], bool] = compare_and_set,
            mask: int = mask,
            shift: int = shift,
            flags: Word = flags,
            signal: Callable[[], None] | None = signal,
        ) -> int:
            # As `try_next`, then `publish`; that exactly this sequence is claimed and not published is known.
            while True:
                current = cursor[0]
                sequence = current + 1
                if sequence > limit[0] and not capacity.admits(sequence):
                    return NO_ROOM
                if compare_and_set(current, sequence):
                    break
            index = sequence & mask
            try:
                if rows is None:
                    slots[index] = value
                else:
                    rows[index >> row_shift][index & row_mask] = value
                flags[index] = (sequence >> shift) & 1  # release: after the value was stored
                if signal is not None:
                    signal()
            except BaseException as error:
                give_up(skip, sequence, sequence, error)
                raise
            return sequence

        return try_put

    def publish_each[E, T](slots: SlotView[E], items: Iterable[T], timeout: float | None = None) -> Iterator[tuple[E, T]]:
        return each(slots, items, check_timeout(timeout))

    def each[E, T](slots: SlotView[E], items: Iterable[T], timeout: float | None) -> Iterator[tuple[E, T]]:
        # Ends with the items, or with the loop it is for.
        claim, flags_, mask_, shift_, tell = next_, flags, mask, shift, signal
        for item in items:
            try:
                sequence = claim(1, timeout)
            except RingBufferError as error:
                keep_unpublished(error, item)
                raise
            index, lap = sequence & mask_, (sequence >> shift_) & 1
            try:
                yield slots[index], item
                flags_[index] = lap  # release: after the event was written
                if tell is not None:
                    tell()
            except BaseException as error:
                give_up(skip, sequence, sequence, error)
                raise

    return ProducerBarrier(next_, try_next, publish, publish_claimed, skip, try_put_into, publish_each)


def pieces_of(low: int, high: int, size: int) -> list[tuple[int, int, int]]:
    """The slots of the sequences from `low` to `high`, at most a ring of them: (start, stop, parity), a piece a lap."""
    start, stop = low & (size - 1), (high & (size - 1)) + 1
    lap = parity(low, size)
    if start < stop:
        return [(start, stop, lap)]
    return [(start, size, lap), (0, stop, lap ^ 1)]


def not_due(low: int, high: int, claimed: int) -> ValueError:
    """What a publication gets that is not of claimed and unpublished sequences alone."""
    return ValueError(
        f"cannot publish {low} to {high}: not a range that is claimed and not published yet; "
        f"claims have reached {claimed}. Nothing was published"
    )
