"""`Sequencer`: what single and multi producer sequencers have in common."""

from abc import ABC, abstractmethod
from typing import Final

from ringbuffer.barrier import PublishedView, SequenceBarrier
from ringbuffer.checks import check_is_instance_with
from ringbuffer.errors import InsufficientCapacityError, RingBufferClosedError, RingBufferError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.sequence import Readable, Sequence, SequenceGroup
from ringbuffer.sequencer.capacity import RingState
from ringbuffer.sequencer.producer_barrier import ProducerBarrier, Skip
from ringbuffer.wait import BlockingWaitStrategy, WaitStrategy

#: The usual number of slots to claim. A producer keeps the last number that it has checked, at first this one, and compares by
#: identity: it is faster, and lets no 1.0 pass for 1.
ONE: Final = 1

#: The most slots that a ring may have.
LARGEST: Final = 1 << 30


class Sequencer(ABC):
    """Hands out the slots of a ring to producers, and knows which of them are published. Any thread.

    Args:
        buffer_size: slots in the ring, a power of two.
        wait_strategy: how consumers wait; the default is `BlockingWaitStrategy`.
        memory: what provides cells and flags.
        host: what provides locks, threads and time.

    Raises:
        ValueError: `buffer_size` is not a power of two, or too large.
        TypeError: `buffer_size` is no integer, or `wait_strategy` is none.
    """

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if isinstance(buffer_size, bool) or not isinstance(buffer_size, int):
            raise TypeError(f"buffer_size must be an integer, a power of two, not {buffer_size!r}")
        if buffer_size > LARGEST:
            raise ValueError(f"buffer_size must be at most {LARGEST:,}, not {buffer_size!r}")
        if wait_strategy is not None:
            check_is_instance_with("the wait strategy", wait_strategy, wait_for=4, signal_all_when_blocking=0)
        if buffer_size < 1 or buffer_size & (buffer_size - 1):
            above = 1 << max(buffer_size - 1, 0).bit_length()
            raise ValueError(f"buffer_size must be a power of two, not {buffer_size!r}; the next one is {above}")
        self._memory: Final = memory
        self._host: Final = host
        self._wait_strategy: Final = BlockingWaitStrategy(host=host) if wait_strategy is None else wait_strategy
        self._cursor: Final = Sequence(memory=memory)
        self._state: Final = RingState(buffer_size, memory, host)

    @property
    def buffer_size(self) -> int:
        """Slots in the ring."""
        return self._state.size

    @property
    def wait_strategy(self) -> WaitStrategy:
        """How consumers wait."""
        return self._wait_strategy

    @property
    def state(self) -> RingState:
        """What the processors of this ring share with its producers."""
        return self._state

    @property
    def cursor(self) -> int:
        """Single producer: the last sequence published. Multi producer: the last sequence claimed."""
        return self._cursor.get()

    @property
    @abstractmethod
    def claimed(self) -> int:
        """The last sequence that a producer has claimed."""

    @abstractmethod
    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""

    @abstractmethod
    def published_view(self) -> PublishedView:
        """The calling thread's own knowledge of what is published."""

    @abstractmethod
    def published(self) -> int:
        """The highest sequence published without a gap, for anybody, at some moment of the call."""

    @abstractmethod
    def producer_barrier(self) -> ProducerBarrier:
        """A way to claim and publish for the calling thread."""

    # -- consumers ----------------------------------------------------------------------------------------------

    def new_barrier(self, *dependents: Sequence | SequenceGroup) -> SequenceBarrier:
        """A barrier for one consumer, which waits for the publication and for every dependent.

        Raises:
            TypeError: a dependent is no sequence.
        """
        for dependent in dependents:
            if not isinstance(dependent, Sequence | SequenceGroup):
                raise TypeError(f"a barrier depends on sequences, such as processor.sequence; not on {dependent!r}")
        return SequenceBarrier(self, self._wait_strategy, *dependents, memory=self._memory)

    def add_gating_sequences(self, *sequences: Sequence, start: Readable | None = None) -> None:
        """Make producers wait for `sequences`: their owners will miss nothing after `start`.

        Args:
            sequences: set to where `start` is, all to the same place.
            start: where they start; the default is the end of what is published without a gap. It may be behind that only as
                far as gating sequences are, such as the minimum of some of them.

        See `SequenceGroup.add_at` for why no slot after the start can have been given away: whoever let producers go on without
        the new sequences saw no more published than is published when the start is read.
        """
        self._state.gating.add_at(self.new_barrier() if start is None else start, *sequences)

    def remove_gating_sequence(self, sequence: Sequence) -> bool:
        """Let producers go on without `sequence`; say whether they waited for it."""
        return self._state.gating.remove(sequence)

    @property
    def minimum_gating_sequence(self) -> int:
        """The lowest gating sequence: up to it every slot is free to be used again. The cursor if nothing gates."""
        return self._state.gating.get(self._cursor.get())

    def signal(self) -> None:
        """Wake consumers that block, after a sequence they depend on was advanced by hand."""
        self._wait_strategy.signal_all_when_blocking()

    # -- capacity -----------------------------------------------------------------------------------------------

    def remaining_capacity(self) -> int:
        """Slots that could be claimed now: a moment's truth, always from 0 to the size of the ring."""
        size = self._state.size
        published = self.published()
        consumed = min(self._state.gating.get(published), published)
        return max(0, min(size, size - (self.claimed - consumed)))

    def has_available_capacity(self, n: int) -> bool:
        """Whether `n` slots could be claimed now; claims nothing and moves nothing.

        Raises:
            ValueError: `n` is not from 1 to the size of the ring.
        """
        check_count(n, self._state.size)
        return self.remaining_capacity() >= n

    # -- end ----------------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether the ring takes no more claims."""
        return self._state.is_closed

    def close(self, error: RingBufferClosedError | None = None) -> None:
        """Take no more claims: producers that wait for room, and every later claim, get the error. Any thread.

        Sequences claimed before can still be published, and what is published can still be consumed. A producer that is
        claiming at this moment may succeed once more; stop the producers first where every event must be handled.
        """
        if error is None:
            error = RingBufferClosedError("the ring is closed: it takes no more claims")
        self._state.close(error)


def check_count(n: int, size: int) -> None:
    """Raise `TypeError` unless `n` is an integer, `ValueError` unless so many of `size` slots can be claimed at once."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"the number of slots to claim must be an integer, not {n!r}")
    if not 1 <= n <= size:
        raise ValueError(f"cannot claim {n!r} slots of a ring of {size} at once; claim from 1 to {size}")


def no_capacity(n: int, size: int) -> InsufficientCapacityError:
    """What `try_next` raises when it finds no room."""
    return InsufficientCapacityError(f"fewer than {n} of the ring's {size} slots are free; nothing was claimed")


def give_up(skip: Skip, low: int, high: int, error: BaseException) -> None:
    """Skip what could not be filled or published, rather than leave a hole; `error` is what the publisher gets."""
    try:
        skip(low, high)
    except (ValueError, RingBufferError):
        # It was published: what raised came after that, such as an interrupt while consumers were signalled.
        error.add_note(f"the sequences {low} to {high} had been published before this was raised")


def keep_unpublished(error: RingBufferError, item: object) -> None:
    """Put what was taken from an iterable, and not published, into the error of the claim for it."""
    setattr(error, "unpublished", (item,))  # noqa: B010 - any error of a claim gets it, whatever its class
