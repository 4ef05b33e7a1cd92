"""`SingleProducerSequencer`: one thread claims and publishes, without an atomic read-modify-write until it must look for room.

Shared words, written by the producing thread with plain ordered stores:

    cursor    the last sequence published: what consumers wait for
    limit     the last sequence known to be free (see `RingState`)

The last sequence claimed is the producing thread's own business: nobody coordinates by it.

A claim compares with `limit` and, once a lap or less, looks at the consumers. Publishing is one store-release, after
the event was written: who loads the cursor with acquire sees the event.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from ringbuffer.checks import check_timeout
from ringbuffer.errors import DeadlockError, ProducerThreadError
from ringbuffer.host import SYSTEM_HOST, Host, Thread
from ringbuffer.memory import PROCESS_MEMORY, CellView, Memory
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.capacity import Capacity
from ringbuffer.sequencer.producer_barrier import ProducerBarrier
from ringbuffer.sequencer.sequencer import ONE, Sequencer, check_count, no_capacity
from ringbuffer.wait import WaitStrategy

#: The number of no thread: what a retired producer takes for its owner's.
NOBODY: Final = -1

#: What a retired producer takes for the last sequence it has claimed: too low for anything to be published.
RETIRED: Final = INITIAL_SEQUENCE - 1

#: Instead of the last sequence published: the next publication takes the slow path, which asks the cursor.
ASK_THE_CURSOR: Final = -(1 << 62)


class SingleProducerSequencer(Sequencer):
    """A sequencer for one producing thread at a time (LMAX Disruptor, `SingleProducerSequencer`).

    The first thread that asks for a producer barrier owns the ring's production until it releases it or ends; another
    thread that asks meanwhile gets a `ProducerThreadError`.
    """

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(buffer_size, wait_strategy, memory=memory, host=host)
        self._owner_lock: Final = host.lock()
        self._producer: _Producer | None = None
        self._claimed_before: int = INITIAL_SEQUENCE
        #: The owner's: sequences (lowest: highest) to be skipped when what was claimed before them is published.
        self.skipped_early: Final[dict[int, int]] = {}

    @property
    def claimed(self) -> int:
        """The last sequence that the producer has claimed, as of a moment ago."""
        producer = self._producer
        return self._claimed_before if producer is None else producer.claimed()

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        return max(self.claimed - self.buffer_size, -1) < sequence <= self.cursor

    def published_view(self) -> "PublishedCursor":
        """The calling thread's own knowledge of what is published: the cursor."""
        return PublishedCursor(self._cursor.view())

    def published(self) -> int:
        """The cursor."""
        return self._cursor.get()

    def producer_barrier(self) -> ProducerBarrier:
        """A way to claim and publish for the calling thread, which from now on owns the production.

        Raises:
            ProducerThreadError: another thread owns it, and lives.
        """
        thread = self._host.current_thread()
        with self._owner_lock:
            producer = self._producer
            if producer is not None and producer.thread is not thread:
                if producer.thread.is_alive():
                    raise wrong_thread(producer.thread, thread)
                self._retire(producer)
                producer = None
            if producer is None:
                producer = self._producer = _producer(self, thread, self._claimed_before, self._cursor.view())
            return producer.barrier

    def release_producer(self) -> None:
        """Let another thread produce from now on; what this one did before is visible to that one.

        The barrier that the caller had is of no more use, not even to the caller: whoever uses it gets an error.

        Raises:
            ProducerThreadError: another thread than the caller owns the production.
        """
        thread = self._host.current_thread()
        with self._owner_lock:
            producer = self._producer
            if producer is None:
                return
            if producer.thread is not thread:
                raise wrong_thread(producer.thread, thread)
            self._retire(producer)
            self._producer = None

    def _retire(self, producer: "_Producer") -> None:
        """Keep how far a producer claimed, and make its functions refuse: its thread is the caller, or has ended."""
        self._claimed_before = producer.claimed()
        producer.retire()

    def refusal(self) -> ProducerThreadError:
        """What the calling thread gets that uses a producer barrier which is not, or no longer, its own."""
        producer = self._producer
        return wrong_thread(None if producer is None else producer.thread, self._host.current_thread())


class PublishedCursor:
    """What is published is what the cursor says. Owning thread only."""

    __slots__ = ("_word",)

    def __init__(self, cursor: CellView) -> None:
        self._word: Final = cursor.word

    def get(self) -> int:
        """The cursor, loaded with acquire."""
        return self._word[0]

    def highest_from(self, sequence: int) -> int:
        """The cursor, loaded with acquire; nothing needs to be searched."""
        return self._word[0]


class _Producer(NamedTuple):
    """The functions of the one producer, and how others may see how far it has claimed."""

    thread: Thread
    barrier: ProducerBarrier
    claimed: Callable[[], int]
    retire: Callable[[], None]


def _producer(sequencer: SingleProducerSequencer, thread: Thread, claimed: int, cursor_view: CellView) -> _Producer:
    """The functions of the one producer, closed over what belongs to its thread.

    Args:
        sequencer: whose production this is.
        thread: the calling thread.
        claimed: how far the former owner has claimed; `claimed` and `published` are this thread's from here on.
        cursor_view: the thread's own view of the cursor.
    """
    state = sequencer.state
    size = state.size
    thread_id: Final = state.host.thread_id
    owner_id = thread_id()
    refusal: Final = sequencer.refusal
    cursor: Final = cursor_view.word
    limit: Final = state.limit.view().word
    capacity: Final = Capacity(state, PublishedCursor(cursor_view), limit)
    strategy = sequencer.wait_strategy
    signal: Final = strategy.signal_all_when_blocking if strategy.is_blocking else None

    final = claimed
    skipped_early: Final = sequencer.skipped_early
    published = ASK_THE_CURSOR if skipped_early else cursor[0]

    def next_(n: int = 1, timeout: float | None = None) -> int:
        nonlocal claimed
        if thread_id() != owner_id:
            raise refusal()
        if n is not ONE:
            check_count(n, size)
        if timeout is not None:
            check_timeout(timeout)
        sequence = claimed + n
        if sequence > limit[0]:
            wait_for_capacity(sequence, n, timeout)
        claimed = sequence
        return sequence

    def try_next(n: int = 1) -> int:
        nonlocal claimed
        if thread_id() != owner_id:
            raise refusal()
        if n is not ONE:
            check_count(n, size)
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
            raise refusal()
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
            raise refusal()
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

    return _Producer(thread, ProducerBarrier(next_, try_next, publish, skip), claimed_so_far, retire)


def _out_of_turn(low: int, high: int, published: int, claimed: int) -> ValueError:
    """What a publication gets that is not the next one due."""
    if published == claimed:
        due = "nothing is claimed that is not published"
    else:
        due = f"publish from {published + 1} on, up to {claimed}"
    return ValueError(f"cannot publish {low} to {high}: {due}. Nothing was published")


def wrong_thread(owner: Thread | None, caller: Thread) -> ProducerThreadError:
    """What a thread gets that produces without owning the production."""
    if owner is None:
        whose = "no thread owns its production now"
    elif owner is caller:
        whose = "this handle of it was released"
    else:
        whose = f"that is thread {owner.name!r}"
    return ProducerThreadError(
        f"thread {caller.name!r} cannot produce: this ring has a single producer, and {whose}. Call producer() in the "
        f"thread that produces, after the former one released it; or build the ring with ProducerType.MULTI"
    )
