"""`RingBuffer`: pre-allocated events in a ring, and the sequencer that says whose they are.

An event is made once, by the factory, and then filled again and again: by a producer that has claimed its sequence, read by
consumers that a barrier let through, free for the next lap when every gating sequence has passed it.
"""

import enum
import threading
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.errors import RingBufferClosedError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory, SlotLayout, Slots
from ringbuffer.producer import Producer, Publishing
from ringbuffer.readers import EventPoller, EventStream, SlotReader
from ringbuffer.release import SlotRelease
from ringbuffer.sequence import Readable, Sequence, SequenceGroup
from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer
from ringbuffer.wait import WaitStrategy, signaller_of


class ProducerType(enum.Enum):
    """How many threads publish."""

    SINGLE = "single"
    MULTI = "multi"


class RingBuffer[E](Publishing[E]):
    """A ring of pre-allocated events, or of values (LMAX Disruptor, `RingBuffer`). Any thread.

    The methods that claim and publish work from any thread (any *one* thread, for `ProducerType.SINGLE`) through a
    `Producer` that the ring keeps for each calling thread. A loop should ask for that `producer()` itself.

    Args:
        buffer_size: slots in the ring, a power of two.
        event_factory: called `buffer_size` times, now, for the events.
        producer_type: whether one thread publishes or several.
        wait_strategy: how consumers wait; the default is `BlockingWaitStrategy`.
        memory: what provides cells, flags and slots.
        host: what provides locks, threads and time.

    Raises:
        ValueError: `buffer_size` is not a power of two.
        TypeError: the factory is not callable, or made None.
    """

    def __init__(
        self,
        buffer_size: int,
        event_factory: Callable[[], E],
        producer_type: ProducerType = ProducerType.MULTI,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if not isinstance(producer_type, ProducerType):
            raise TypeError(f"producer_type must be ProducerType.SINGLE or ProducerType.MULTI, not {producer_type!r}")
        kind = SingleProducerSequencer if producer_type is ProducerType.SINGLE else MultiProducerSequencer
        self._sequencer: Final[Sequencer] = kind(buffer_size, wait_strategy, memory=memory, host=host)
        self._mask: Final = buffer_size - 1
        self._memory: Final = memory
        self._host: Final = host
        has_values = event_factory is _no_events
        self._slots: Final[Slots[E]] = (
            memory.value_slots(buffer_size, SlotLayout.ROWS)
            if has_values
            else memory.event_slots(_make_events(buffer_size, event_factory))
        )
        gating = self._sequencer.state.gating
        published = self._sequencer.published
        self._release: Final = SlotRelease(self._slots, gating, published, memory, host) if has_values else None
        self._events: Final = self._slots.view()
        self._own: Final = _Own[E]()

    @classmethod
    def of_values(
        cls,
        buffer_size: int,
        producer_type: ProducerType = ProducerType.MULTI,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> "RingBuffer[Any]":
        """A ring whose slots hold any object: `publish_value`, `publish_values`.

        A slot is cleared when every consumer has passed it, so the ring keeps nothing alive. The arguments are those of the
        class.
        """
        return cls(buffer_size, _no_events, producer_type, wait_strategy, memory=memory, host=host)

    # -- what it is ---------------------------------------------------------------------------------------------

    @property
    def buffer_size(self) -> int:
        """Slots in the ring."""
        return self._sequencer.buffer_size

    @property
    def sequencer(self) -> Sequencer:
        """The sequencer, for those who build below the ring."""
        return self._sequencer

    @property
    def slots(self) -> Slots[E]:
        """The slots, for those who build below the ring: `slots.view()` is the calling thread's own access."""
        return self._slots

    @property
    def memory(self) -> Memory:
        """What provides the cells."""
        return self._memory

    @property
    def host(self) -> Host:
        """What provides locks, threads and time."""
        return self._host

    @property
    def holds_values(self) -> bool:
        """Whether the slots hold values, rather than pre-allocated events."""
        return self._release is not None

    # -- publishing ---------------------------------------------------------------------------------------------

    def producer(self) -> Producer[E]:
        """The calling thread's own producer; the same one whenever the same thread asks.

        Raises:
            ProducerThreadError: the ring has a single producer, and that is another thread.
        """
        producer = self._own.producer
        if producer is None or producer.released:
            barrier = self._sequencer.producer_barrier()
            slots = self._slots.view()
            producer = self._own.producer = Producer(self._sequencer, barrier, slots, self._host, self.holds_values)
        return producer

    def get(self, sequence: int) -> E:
        """The event in the slot of `sequence`: to fill, if the caller claimed it; to read, if a barrier let it through.

        Raises:
            ValueError: `sequence` is negative.
        """
        if sequence < 0:
            raise ValueError(f"sequences start at 0; there is no event at {sequence}")
        return self._events[sequence & self._mask]

    __getitem__ = get

    def __setitem__(self, sequence: int, value: E) -> None:
        """Put `value` into the slot of a claimed `sequence` of a ring of values. See `Producer`."""
        self.producer()[sequence] = value

    # -- where things stand -------------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """Single producer: the last sequence published. Multi producer: the last sequence claimed."""
        return self._sequencer.cursor

    @property
    def minimum_gating_sequence(self) -> int:
        """The lowest gating sequence: up to it every slot is free to be used again. The cursor if nothing gates."""
        return self._sequencer.minimum_gating_sequence

    def remaining_capacity(self) -> int:
        """Slots that could be claimed now: a moment's truth, always from 0 to the size of the ring."""
        return self._sequencer.remaining_capacity()

    def has_available_capacity(self, n: int) -> bool:
        """Whether `n` slots could be claimed now; `ValueError` unless `n` is from 1 to the size of the ring."""
        return self._sequencer.has_available_capacity(n)

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        return self._sequencer.is_available(sequence)

    # -- consumers ----------------------------------------------------------------------------------------------

    def new_barrier(self, *dependents: Sequence | SequenceGroup) -> SequenceBarrier:
        """A barrier for one consumer, which waits for the publication and for every dependent."""
        return self._sequencer.new_barrier(*dependents)

    def add_gating_sequences(self, *sequences: Sequence, start: Readable | None = None) -> None:
        """Make producers wait for `sequences`: their owners will miss nothing after `start`.

        Args:
            sequences: set to where `start` is.
            start: where they start, see `Sequencer.add_gating_sequences`; the default is the end of what is published.

        Whoever advances one of them, on a ring of values, calls a function from `on_advance` afterwards.
        """
        if self._release is None:
            self._sequencer.add_gating_sequences(*sequences, start=start)
        else:
            self._release.join(self.new_barrier() if start is None else start, *sequences)

    def remove_gating_sequence(self, sequence: Sequence) -> bool:
        """Let producers go on without `sequence`; say whether they waited for it."""
        return self._sequencer.remove_gating_sequence(sequence) if self._release is None else self._release.leave(sequence)

    @property
    def gating_sequences(self) -> tuple[Sequence, ...]:
        """The consumers' sequences that producers wait for."""
        return self._sequencer.state.gating.members if self._release is None else self._release.members

    def poller(self, *dependents: Sequence | SequenceGroup) -> EventPoller[E]:
        """A consumer that looks only when it is told to, in the caller's thread. See `EventPoller`."""
        return EventPoller(self, *dependents)

    def stream(self, *dependents: Sequence | SequenceGroup, max_batch_size: int | None = None) -> EventStream[E]:
        """`async for batch in ring.stream():` hands out what is published, in an event loop. See `EventStream`."""
        return EventStream(self, *dependents, max_batch_size=max_batch_size)

    def reader(self) -> SlotReader[E]:
        """The calling thread's own way to read the slots that a barrier let it through to."""
        return SlotReader(self._slots.view(), self._sequencer.state.skipped.view())

    def on_advance(self) -> Callable[[], None] | None:
        """What the calling thread must call after it advanced a consumer's sequence; None if nothing.

        It releases slots that hold values, and wakes consumers that block.
        """
        signal = signaller_of(self._sequencer.wait_strategy)
        if self._release is None:
            return signal
        release = self._release.releaser()
        if signal is None:
            return release

        def release_and_signal() -> None:
            signal()
            release()

        return release_and_signal

    # -- end ----------------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether the ring takes no more claims."""
        return self._sequencer.is_closed

    def close(self, error: RingBufferClosedError | None = None) -> None:
        """Take no more claims; wake the producers that wait for room with an error. See `Sequencer.close`."""
        self._sequencer.close(error)

    def __repr__(self) -> str:
        return f"RingBuffer(buffer_size={self.buffer_size}, cursor={self.cursor}, free={self.remaining_capacity()})"


class _Own[E](threading.local):
    """What each thread that publishes through the ring itself has of its own."""

    def __init__(self) -> None:
        self.producer: Producer[E] | None = None


def _no_events() -> Any:
    """The factory of a ring of values."""
    raise AssertionError("a ring of values has no events")


def _make_events[E](size: int, event_factory: Callable[[], E]) -> list[E]:
    """`size` events from the factory."""
    if not callable(event_factory):
        raise TypeError(f"event_factory must be callable without arguments, not {event_factory!r}")
    events = [event_factory() for _ in range(size)]
    if any(event is None for event in events):
        raise TypeError("event_factory returned None; it must return a new event at every call")
    if len({id(event) for event in events}) < size:
        raise ValueError(f"event_factory returned {events[0]!r} more than once; it must return a new event at every call")
    return events
