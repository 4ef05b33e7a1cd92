"""The functions of the one producer of a ring: to claim, to publish, to skip, and to do so in a loop.

They are closures over what belongs to the producing thread, see `ProducerBarrier`. Which thread that is, and how it passes the
production on, is the sequencer's business (`single_producer.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from ringbuffer.checks import check_timeout
from ringbuffer.errors import DeadlockError, RingBufferError
from ringbuffer.host import Thread
from ringbuffer.memory import CellView, SlotView, Word, rows_of
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.capacity import Capacity, RingState
from ringbuffer.sequencer.producer_barrier import NO_ROOM, ProducerBarrier, TryPut
from ringbuffer.sequencer.sequencer import ONE, check_count, give_up, keep_unpublished, no_capacity
from ringbuffer.wait import WaitStrategy, signaller_of

#: The number of no thread: what a retired producer takes for its owner's, and one that is lent to a loop.
NOBODY: Final = -1

#: What a retired producer takes for the last sequence it has claimed: too low for anything to be published.
RETIRED: Final = INITIAL_SEQUENCE - 1

#: Instead of the last sequence published: the next publication takes the slow path, which asks the cursor.
ASK_THE_CURSOR: Final = -(1 << 62)


class PublishedCursor:
    """What is published is what the cursor says. Owning thread only.

    Attributes:
        word: the cursor.
    """

    __slots__ = ("word",)

    def __init__(self, cursor: CellView) -> None:
        self.word: Final = cursor.word

    def get(self) -> int:
        """The cursor, loaded with acquire."""
        return self.word[0]

    def highest_from(self, sequence: int) -> int:
        """The cursor, loaded with acquire; nothing needs to be searched."""
        return self.word[0]


class Production(NamedTuple):
    """The functions of the one producer, and how others may see how far it has claimed."""

    thread: Thread
    barrier: ProducerBarrier
    claimed: Callable[[], int]
    is_lent: Callable[[], bool]
    retire: Callable[[], None]


def start_production(
    state: RingState,
    strategy: WaitStrategy,
    thread: Thread,
    claimed: int,
    cursor_view: CellView,
    skipped_early: dict[int, int],
    refusal: Callable[[], Exception],
) -> Production:
    """The functions of the one producer, closed over what belongs to its thread.

    Args:
        state: what the ring's producers and consumers share.
        strategy: whom to signal.
        thread: the calling thread.
        claimed: how far the former owner has claimed; `claimed` and `published` are this thread's from here on.
        cursor_view: the thread's own view of the cursor.
        skipped_early: the owner's: sequences (lowest: highest) to be skipped when what was claimed before them is published.
        refusal: makes what a caller gets that does not own the production.
    """
    size = state.size
    mask: Final = size - 1
    checked = ONE
    thread_id: Final = state.host.thread_id
    owner_id = thread_id()
    cursor: Final = cursor_view.word
    limit: Final = state.limit.view().word
    capacity: Final = Capacity(state, PublishedCursor(cursor_view), limit)
    signal: Final = signaller_of(strategy)

    final = claimed
    is_lent = False
    published = ASK_THE_CURSOR if skipped_early else cursor[0]

    def refused() -> Exception:
        return lent("claim, publish or skip") if is_lent else refusal()

    def next_(n: int = 1, timeout: float | None = None) -> int:
        nonlocal claimed, checked
        if thread_id() != owner_id:
            raise refused()
        if n is not checked:
            check_count(n, size)
            checked = n
        if timeout is not None:
            check_timeout(timeout)
        sequence = claimed + n
        if sequence > limit[0]:
            wait_for_capacity(sequence, n, timeout)
        claimed = sequence
        return sequence

    def try_next(n: int = 1) -> int:
        nonlocal claimed, checked
        if thread_id() != owner_id:
            raise refused()
        if n is not checked:
            check_count(n, size)
            checked = n
        sequence = claimed + n
        if sequence > limit[0] and not capacity.admits(sequence):
            raise no_capacity(n, size)
        claimed = sequence
        return sequence

    def publish(low: int, high: int | None = None) -> None:
        nonlocal published
        # The cursor is a single number: storing `high` publishes everything before it too. So a gap is refused, rather
        # than shown to consumers with whatever an earlier lap left in its slots.
        if high is None:
            high = low
        if low != published + 1 or not low <= high <= claimed:
            high = with_skipped(low, high)
            published = ASK_THE_CURSOR if skipped_early else high
        else:
            published = high
        cursor[0] = high
        if signal is not None:
            signal()

    def with_skipped(low: int, high: int) -> int:
        """How far a publication goes that is not plainly the next one: what was skipped early follows it."""
        last = cursor[0]
        if owner_id == NOBODY:
            raise refused()
        if low != last + 1 or not low <= high <= claimed or is_skipped(low, high):
            raise _out_of_turn(low, high, last, claimed)
        while high + 1 in skipped_early:
            high = skipped_early.pop(high + 1)
        return high

    def is_skipped(low: int, high: int) -> bool:
        return any(start <= high and low <= stop for start, stop in skipped_early.items())

    def skip(low: int, high: int | None = None) -> None:
        nonlocal published
        if owner_id == NOBODY:
            raise refused()
        if high is None:
            high = low
        last = cursor[0]
        if not last < low <= high <= claimed or is_skipped(low, high):
            raise _out_of_turn(low, high, last, claimed)
        state.skipped.add(low, high)
        if low == last + 1:
            publish(low, high)
        else:
            # What was claimed before is published first, and takes this along.
            skipped_early[low] = high
            published = ASK_THE_CURSOR

    def try_put_into(slots: SlotView[Any]) -> TryPut:
        rows, row_shift, row_mask = rows_of(slots)

        def try_put(
            value: object,
            # Bound here because a local is read several times as fast as what a function closes over.
            thread_id: Callable[[], int] = thread_id,
            limit: Word = limit,
            slots: SlotView[Any] = slots,
            mask: int = mask,
            rows: list[list[Any]] | None = rows,
            row_shift: int = row_shift,
            row_mask: int = row_mask,
            cursor: Word = cursor,
            signal: Callable[[], None] | None = signal,
        ) -> int:
            nonlocal claimed, published
            if thread_id() != owner_id:
                raise refused()
            sequence = claimed + 1
            if sequence > limit[0] and not capacity.admits(sequence):
                return NO_ROOM
            claimed = sequence
            try:
                if rows is None:
                    slots[sequence & mask] = value
                elif row_mask == 0:
                    rows[sequence & mask][0] = value
                else:
                    rows[(sequence & mask) >> row_shift][sequence & row_mask] = value
                if sequence == published + 1:
                    published = sequence
                    cursor[0] = sequence  # release: after the value was stored
                    if signal is not None:
                        signal()
                else:
                    publish(sequence)
            except BaseException as error:
                give_up(skip, sequence, sequence, error)
                raise
            return sequence

        return try_put

    def publish_each[E, T](slots: SlotView[E], items: Iterable[T], timeout: float | None = None) -> Iterator[tuple[E, T]]:
        if thread_id() != owner_id:
            raise refused()
        return each(slots, items, check_timeout(timeout))

    def each[E, T](slots: SlotView[E], items: Iterable[T], timeout: float | None) -> Iterator[tuple[E, T]]:
        # The loop has the production to itself: every other function finds that nobody owns it. So nothing but `claimed`
        # needs to be kept where they look, and the rest is local. Ends with the items, or with the loop it is for.
        nonlocal claimed, published, owner_id, is_lent
        if (owner := owner_id) != thread_id():
            raise refused()
        words, limits, mask_, tell = cursor, limit, mask, signal
        sequence = words[0]
        if claimed != sequence or skipped_early:
            raise ValueError(f"publish what is claimed first: {sequence + 1} to {claimed}. Nothing was taken from the items")
        owner_id, is_lent, published = NOBODY, True, ASK_THE_CURSOR
        try:
            for item in items:
                sequence += 1
                if sequence > limits[0]:
                    try:
                        wait_for_capacity(sequence, 1, timeout)
                    except RingBufferError as error:
                        keep_unpublished(error, item)
                        raise
                claimed = sequence
                yield slots[sequence & mask_], item
                words[0] = sequence  # release: after the event was written
                if tell is not None:
                    tell()
        finally:
            # Not where the owner has ended, and another thread produces or finds what was claimed and not published.
            if claimed != RETIRED and thread_id() == owner:
                owner_id, is_lent = owner, False
                if words[0] != claimed:
                    skip(claimed)

    def wait_for_capacity(sequence: int, n: int, timeout: float | None) -> None:
        """Return when `sequence` may be claimed. Ends when the slowest consumer advances, at the deadline, or at close."""
        if capacity.admits(sequence):
            return
        if sequence - cursor[0] > size:
            raise DeadlockError(
                f"cannot claim up to sequence {sequence}: this thread has claimed up to {claimed} and published up to "
                f"{cursor[0]} of a ring of {size} slots, and waits for itself; publish first"
            )
        wait = capacity.start_wait(sequence, n, timeout)
        while not capacity.admits(sequence):
            wait.pause(sequence)

    def retire() -> None:
        # From here on the first comparison of each function fails, at no cost to a producer that is not retired.
        nonlocal owner_id, claimed, final
        final = claimed
        owner_id = NOBODY
        claimed = RETIRED

    def claimed_so_far() -> int:
        # Any thread. `final` is stored before `claimed` says to look there.
        so_far = claimed
        return final if so_far == RETIRED else so_far

    # What was just claimed is checked all the same: it must be the next one due.
    barrier = ProducerBarrier(next_, try_next, publish, publish, skip, try_put_into, publish_each)
    return Production(thread, barrier, claimed_so_far, lambda: is_lent, retire)


def lent(what: str) -> RuntimeError:
    """What the owner gets that produces in another way in the middle of `publish_each`."""
    return RuntimeError(
        f"cannot {what} inside a loop over publish_each, which has the production of a ring with a single producer to itself: "
        f"leave the loop first, or close its iterator. Nothing was claimed or published"
    )


def _out_of_turn(low: int, high: int, published: int, claimed: int) -> ValueError:
    """What a publication gets that is not the next one due."""
    if published == claimed:
        due = "nothing is claimed that is not published"
    else:
        due = f"publish from {published + 1} on, up to {claimed}"
    return ValueError(f"cannot publish {low} to {high}: {due}. Nothing was published")
