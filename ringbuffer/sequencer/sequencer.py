"""`Sequencer`: what the single-producer and the multi-producer sequencer have in common."""

from abc import ABC, abstractmethod
from typing import Final

from ringbuffer.barrier import PublishedView, SequenceBarrier
from ringbuffer.checks import check_integer, check_is_instance_with, shown
from ringbuffer.errors import RingBufferClosedError
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, CellView, Memory
from ringbuffer.memory.slot_limits import check_slots
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Readable, Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer.ring_state import RingState
from ringbuffer.wait import AdaptiveWaitStrategy, WaitStrategy

#: The usual number of slots to claim. A producer keeps the last number that it has checked, which
#: is this one at first. It compares by identity, which is faster and does not accept 1.0 for 1.
ONE: Final = 1


class Sequencer(OneProcess, ABC):
    """Grants claims, and records which sequences are claimed and published. Any thread.

    Args:
        buffer_size: slots in the ring, a power of two.
        wait_strategy: how consumers wait; the default is `AdaptiveWaitStrategy`.
        memory: what provides cells and flags.
        host: what provides locks, threads and time.

    Raises:
        ValueError: `buffer_size` is not a power of two, or too large.
        TypeError: `buffer_size` is not an integer, or `wait_strategy` lacks a required method.
    """

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        buffer_size = check_integer("buffer_size", buffer_size, what="an integer, a power of two")
        check_slots("buffer_size", buffer_size)
        if wait_strategy is not None:
            check_is_instance_with(
                "the wait strategy", wait_strategy, wait_for=4, signal_all_when_blocking=0
            )
        if buffer_size < 1 or buffer_size & (buffer_size - 1):
            above = 1 << max(buffer_size - 1, 0).bit_length()
            raise ValueError(
                f"buffer_size must be a power of two, not {buffer_size!r}; the next one is {above}"
            )
        self._memory: Final = memory
        self._host: Final = host
        self._wait_strategy: Final = (
            AdaptiveWaitStrategy(memory=memory, host=host)
            if wait_strategy is None
            else wait_strategy
        )
        self._cursor: Final = Sequence(memory=memory)
        self._state: Final = self._new_state(buffer_size, memory, host)
        made_here(self)

    def _new_state(self, size: int, memory: Memory, host: Host) -> RingState:
        """What the producers and consumers share; a ring between processes has its own kind."""
        return RingState(size, memory, host)

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
        """Single producer: the last sequence published. Several: the last sequence claimed."""
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
        """The calling thread's own view of what is published."""

    @abstractmethod
    def published(self) -> int:
        """The highest sequence published without a gap at some moment of the call. Any thread."""

    def cursor_view(self) -> CellView:
        """The calling thread's own access to the cursor."""
        return self._cursor.view()

    # -- consumers ---------------------------------------------------------------------------------

    def new_barrier(self, *dependents: Sequence | SequenceGroup) -> SequenceBarrier:
        """A barrier for one consumer, which waits for publications and for every dependency.

        Raises:
            TypeError: a dependent is not a sequence.
        """
        for dependent in dependents:
            if not isinstance(dependent, Sequence | SequenceGroup):
                raise TypeError(
                    f"a barrier depends on sequences, such as processor.sequence; not on "
                    f"{dependent!r}"
                )
        return SequenceBarrier(self, self._wait_strategy, *dependents, memory=self._memory)

    def add_gating_sequences(self, *sequences: Sequence, start: Readable | None = None) -> None:
        """Make producers wait for `sequences`: their owners will miss no event after `start`.

        Args:
            sequences: set to where `start` is, all to the same place.
            start: where they start; the default is the end of what is published without a gap. It
                may be behind that only as far as gating sequences are, such as the minimum of some
                of them.

        See `SequenceGroup.add_at` for why no slot after the start can have been given to a producer
        already. A thread that let producers go on without the new sequences had seen at most what
        is published when the start is read.

        Raises:
            ValueError: one of them gates a ring already, is named twice, or is advanced by a
                processor. Nothing was changed.
            TypeError: one of them is not a `Sequence`.
        """
        start = self.new_barrier() if start is None else start
        # Not as a method: CPython may run a signal handler when a method that was called with
        # `*arguments` has returned, and the sequences would have joined then.
        SequenceGroup.add_at(self._state.gating, start, *sequences)

    def remove_gating_sequence(self, sequence: Sequence) -> bool:
        """Let producers continue without `sequence`; returns whether they waited for it."""
        return self._state.gating.remove(sequence)

    @property
    def minimum_gating_sequence(self) -> int:
        """The lowest gating sequence: up to it slots are free. The cursor if nothing gates."""
        return self._state.gating.get(self.cursor)

    def signal(self) -> None:
        """Wake consumers that block, after a sequence they depend on was advanced by hand."""
        self._wait_strategy.signal_all_when_blocking()

    # -- capacity ----------------------------------------------------------------------------------

    def remaining_capacity(self) -> int:
        """Slots that could be claimed at this moment, from 0 to the size of the ring."""
        size = self._state.size
        published = self.published()
        consumed = min(self._state.gating.get(published), published)
        return max(0, min(size, size - (self.claimed - consumed)))

    def has_available_capacity(self, n: int) -> bool:
        """Whether `n` slots could be claimed now. Claims nothing and moves no sequence.

        Raises:
            ValueError: `n` is not from 1 to the size of the ring.
        """
        n = check_count(n, self._state.size)
        return self.remaining_capacity() >= n

    # -- end ---------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether the ring refuses all further claims."""
        return self._state.is_closed

    def close(self, error: RingBufferClosedError | None = None) -> None:
        """Refuse claims: waiting producers, and every later claim, get the error. Any thread.

        Sequences that were claimed before can still be published, and published events can still be
        consumed. When this returns, `claimed` is final: every claim that succeeded is at or before
        it, and no other will succeed. So a consumer that has passed `claimed` has passed every
        accepted event. A signal handler may call it at any moment.
        """
        if error is None:
            error = RingBufferClosedError("the ring is closed: it takes no more claims")
        self._state.close(error, self._seal)

    @abstractmethod
    def _seal(self) -> None:
        """Make every claim fail that found capacity before the close and has not succeeded yet.

        Called after the ring is closed, possibly more than once.
        """


def check_count(n: int, size: int) -> int:
    """Returns `n` as an `int`, see `check_integer`.

    Raises:
        TypeError: it is not an integer.
        ValueError: that many of `size` slots cannot be claimed at once.
    """
    n = check_integer("the number of slots to claim", n)
    if not 1 <= n <= size:
        raise ValueError(
            f"cannot claim {shown(n)} slots of a ring of {size} at once; claim from 1 to {size}"
        )
    return n
