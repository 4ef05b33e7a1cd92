"""`RingBuffer`: pre-allocated events in a ring, and the sequencer that coordinates their use.

The factory makes an event once; then it is used again and again. A producer that has claimed its
sequence fills it. Consumers read it when their barrier allows it. It is free for the next lap when
every gating sequence has passed it.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory, SlotLayout, Slots, range_clearer
from ringbuffer.memory.events import make_events, no_events
from ringbuffer.producer import EventSink, Producer
from ringbuffer.producer.thread_producer import ThreadProducers
from ringbuffer.readers import EventPoller, EventStream, RecordReader, SlotReader
from ringbuffer.reclaiming import SlotReclaimer
from ringbuffer.records import RecordFactory, RecordLayout, RecordSlots
from ringbuffer.resetting import check_reset, range_resetter
from ringbuffer.ring_progress import RingProgress
from ringbuffer.sequence import Readable, Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer import ProducerType
from ringbuffer.sequencer.producer_type import sequencer_class
from ringbuffer.shared_rings import SharedRings
from ringbuffer.wait import WaitStrategy, bind_signal, followed_by, steps_of


class RingBuffer[E = Any](SharedRings, RingProgress, EventSink[E]):
    """A ring of pre-allocated events, or of values (LMAX Disruptor, `RingBuffer`). Any thread.

    The methods that claim and publish work from any thread (any *one* thread, for
    `ProducerType.SINGLE`) through a `Producer` that the ring keeps for each calling thread. A loop
    should ask for that `producer()` itself.

    Args:
        buffer_size: slots in the ring, a power of two.
        event_factory: called `buffer_size` times, now, for the events.
        producer_type: whether one thread publishes or several.
        wait_strategy: how consumers wait; the default is `AdaptiveWaitStrategy`.
        memory: what provides cells, flags and slots.
        host: what provides locks, threads and time.
        reset: `reset(event)` is called when the last consumer has passed an event, before a
            producer may fill it again. It runs in the thread of that consumer, also for skipped
            events. It must not call the ring. If it raises, the error is logged.

    Raises:
        ValueError: `buffer_size` is not a power of two.
        TypeError: the factory cannot be called, or returned None; or `reset` is not a function of
            one event.
    """

    def __init__(
        self,
        buffer_size: int,
        event_factory: Callable[[], E],
        producer_type: ProducerType = ProducerType.AUTO,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
        reset: Callable[[E], object] | None = None,
    ) -> None:
        if reset is not None:
            check_reset(reset)
        self._sequencer = sequencer_class(producer_type)(
            buffer_size, wait_strategy, memory=memory, host=host
        )
        buffer_size = self._sequencer.buffer_size  # an `int` now, from any kind of integer
        self._mask: Final = buffer_size - 1
        self._memory: Final = memory
        self._host: Final = host
        has_values = self._holds_values = event_factory is no_events
        records: RecordSlots | None = None
        if isinstance(event_factory, RecordFactory):
            slots: Slots[E] = (records := event_factory.slots(buffer_size, memory))
        elif has_values:
            slots = memory.value_slots(buffer_size, SlotLayout.STRIPED)
        else:
            slots = memory.event_slots(make_events(buffer_size, event_factory))
        self._slots: Final = slots
        self._records: Final = records
        clearer: Any = range_clearer if reset is None else range_resetter(reset)
        gating, published = self._sequencer.state.gating, self._sequencer.published
        follows = has_values or reset is not None
        self._reclaimer: Final = (
            SlotReclaimer(self._slots, gating, published, memory, host, clearer)
            if follows
            else None
        )
        self._events: Final[Any] = self._slots.view() if records is None else records.shared()
        self._producers: Final = ThreadProducers(self._sequencer, self._slots, host, has_values)
        self._producers.bind(self, RingBuffer)
        made_here(self)

    @classmethod
    def of_values(
        cls,
        buffer_size: int,
        producer_type: ProducerType = ProducerType.AUTO,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> "RingBuffer[E]":
        """A ring whose slots hold any object: `publish_value`, `publish_values`.

        A slot is cleared when every consumer has passed it, so the ring keeps no value alive. The
        arguments are those of the class.

        `RingBuffer[int].of_values(1024)` tells a type checker that the values are integers.
        """
        return cls(buffer_size, no_events, producer_type, wait_strategy, memory=memory, host=host)

    @classmethod
    def of_records(
        cls,
        buffer_size: int,
        dtype: object,
        producer_type: ProducerType = ProducerType.AUTO,
        wait_strategy: WaitStrategy | None = None,
        *,
        layout: str = "rows",
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> "RingBuffer[Any]":
        """A ring whose slots are rows of one block of memory: `publish_records`, `claim(n).pieces`.

        Args:
            buffer_size: slots in the ring, a power of two.
            dtype: what a record is, see `RecordLayout.of`. Records of a numpy dtype are in numpy
                arrays. Those of a `struct` format or a ctypes structure are `PlainRecords`.
            producer_type: whether one thread publishes or several.
            wait_strategy: how consumers wait; the default is `AdaptiveWaitStrategy`.
            layout: "rows", or "columns", where a numpy array of its own holds each field.
            memory: what provides the block, cells and flags.
            host: what provides locks, threads and time.

        Raises:
            TypeError: `dtype` does not describe a record.
            ImportError: `dtype` needs numpy, which is not installed.
        """
        factory: Any = RecordFactory(RecordLayout.of(dtype), layout)
        return cls(buffer_size, factory, producer_type, wait_strategy, memory=memory, host=host)

    # -- properties --------------------------------------------------------------------------------

    @property
    def slots(self) -> Slots[E]:
        """The slots, for code below the ring: `slots.view()` is the calling thread's own access."""
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
        return self._holds_values

    @property
    def contents(self) -> str:
        """What the slots hold, in a word: events, values or records."""
        if self._records is not None:
            return "records"
        return "values" if self._holds_values else "events"

    @property
    def record_layout(self) -> RecordLayout | None:
        """What the records of a ring of records are; None for another ring."""
        return None if self._records is None else self._records.layout

    # -- publishing --------------------------------------------------------------------------------

    def producer(self) -> Producer[E]:
        """The calling thread's own producer; the same one whenever the same thread asks.

        Raises:
            ProducerThreadError: the ring has a single producer, and that is another thread.
        """
        return self._producers.get()

    def bind_publication(self, sink: EventSink[E], kind: type[EventSink[E]]) -> None:
        """Give `sink`, a `kind`, the ring's function to publish one event, or one value."""
        self._producers.bind(sink, kind)

    def get(self, sequence: int) -> E:
        """The event in the slot of `sequence`.

        To fill, if the caller has claimed it; to read, if a barrier allows it.

        Raises:
            ValueError: `sequence` is negative.
        """
        if sequence < 0:
            raise ValueError(f"sequences start at 0; there is no event at {sequence}")
        event: E = self._events[sequence & self._mask]
        return event

    __getitem__ = get

    def __setitem__(self, sequence: int, value: E) -> None:
        """Store `value` in the slot of a claimed `sequence` of a ring of values: see `Producer`."""
        self.producer()[sequence] = value

    # -- consumers ---------------------------------------------------------------------------------

    def new_barrier(self, *dependents: Sequence | SequenceGroup) -> SequenceBarrier:
        """A barrier for one consumer, which waits for publications and for every dependency."""
        return self._sequencer.new_barrier(*dependents)

    def add_gating_sequences(self, *sequences: Sequence, start: Readable | None = None) -> None:
        """Make producers wait for `sequences`: their owners will miss no event after `start`.

        Args:
            sequences: set to the position of `start`.
            start: where they start, see `Sequencer.add_gating_sequences`; the default is the end of
                what is published.

        It is for sequences that the caller advances. Processors, pools, pollers and streams gate by
        themselves. On a ring of values, a caller that has advanced one of them must call a function
        from `on_advance`.

        Raises:
            ValueError: one of them gates a ring already, is named twice, or is advanced by a
                processor. Nothing was changed.
            TypeError: one of them is not a `Sequence`.
        """
        start = self.new_barrier() if start is None else start
        # Not as methods: see `Sequencer.add_gating_sequences`.
        if self._reclaimer is None:
            SequenceGroup.add_at(self._sequencer.state.gating, start, *sequences)
        else:
            SlotReclaimer.join(self._reclaimer, start, *sequences)

    def remove_gating_sequence(self, sequence: Sequence) -> bool:
        """Let producers continue without `sequence`; returns whether they waited for it."""
        if self._reclaimer is None:
            return self._sequencer.remove_gating_sequence(sequence)
        return self._reclaimer.leave(sequence)

    @property
    def gating_sequences(self) -> tuple[Sequence, ...]:
        """The consumers' sequences that producers wait for."""
        return (
            self._sequencer.state.gating.members
            if self._reclaimer is None
            else self._reclaimer.members
        )

    def poller(self, *dependents: Sequence | SequenceGroup) -> EventPoller[E]:
        """A consumer without a thread: its caller asks it for events. See `EventPoller`."""
        return EventPoller(self, *dependents)

    def stream(
        self, *dependents: Sequence | SequenceGroup, max_batch_size: int | None = None
    ) -> EventStream[E]:
        """`async for batch in ring.stream():` hands out published events. See `EventStream`."""
        return EventStream(self, *dependents, max_batch_size=max_batch_size)

    def reader(self) -> SlotReader[E]:
        """The calling thread's own way to read the slots that a barrier lets it read."""
        skipped = self._sequencer.state.skipped.view()
        if self._records is not None:
            return RecordReader(self._records.read_view(), skipped)
        return SlotReader(self._slots.view(), skipped)

    def on_advance(self) -> Callable[[], None] | None:
        """The function to call after the calling thread has advanced a consumer, or None.

        It reclaims slots that hold values, and wakes consumers that block.
        """
        steps = steps_of(bind_signal(self._sequencer.wait_strategy))
        return followed_by(steps, self.bind_reclaim())

    def bind_reclaim(self) -> Callable[[], None] | None:
        """The part of `on_advance` that reclaims slots; None if the events are pre-allocated."""
        return None if self._reclaimer is None else self._reclaimer.bind_reclaim()

    def __repr__(self) -> str:
        return (
            f"RingBuffer(buffer_size={self.buffer_size}, cursor={self.cursor}, "
            f"free={self.remaining_capacity()})"
        )
