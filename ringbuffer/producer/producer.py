"""`Producer`: a thread's own handle for publishing.

On a free-threaded interpreter two threads that call methods of one object fight over its reference count. A producer
is made by the thread that uses it, with that thread's own views of every shared word and its own copy of the list of
events; what it shares with other threads is the shared memory alone.

    producer = ring.producer()
    sequence = producer.next()
    producer[sequence].price = 101.5
    producer.publish(sequence)
"""

from types import TracebackType
from typing import Final, Self

from ringbuffer.host import Host
from ringbuffer.memory import SlotView, range_writer
from ringbuffer.producer.claim import Claim
from ringbuffer.producer.translation import PublishEach, event_publication, no_event_publication
from ringbuffer.producer.values import no_value_publication, value_publication
from ringbuffer.sequencer import ProducerBarrier, Sequencer, SingleProducerSequencer


class Producer[E]:
    """A thread's own way to claim, fill and publish slots. Owning thread only.

    As a context manager it releases the production of a single-producer ring at the end.

    Attributes:
        next: `next(n=1, timeout=None) -> int`, see `ringbuffer.sequencer.producer_barrier.Next`.
        try_next: `try_next(n=1) -> int`, see `TryNext`.
        publish: `publish(low, high=None)`, see `Publish`.
        skip: `skip(low, high=None)`, see `Skip`: publishes claimed slots that no handler is to see.
        get: `get(sequence)`, the event in the slot of a claimed sequence, to be filled in place; `producer[sequence]` is
            the same, a little slower.
        publish_each: `for event, item in producer.publish_each(items)`, see `PublishEach`: one event for each item, published
            when the body has filled it. The least that an event costs.
        publish_event, try_publish_event, publish_events, try_publish_events: through translators, see
            `ringbuffer.producer.translation`; on a ring of pre-allocated events.
        publish_value, try_publish_value, publish_values: see `ringbuffer.producer.values`; on a ring of values.
        released: whether the production of a single-producer ring was released; the handle is of no more use then.
    """

    __slots__ = (
        "_barrier",
        "_sequencer",
        "_slots",
        "_store",
        "get",
        "next",
        "publish",
        "publish_each",
        "publish_event",
        "publish_events",
        "publish_value",
        "publish_values",
        "released",
        "skip",
        "try_next",
        "try_publish_event",
        "try_publish_events",
        "try_publish_value",
    )

    def __init__(
        self, sequencer: Sequencer, barrier: ProducerBarrier, slots: SlotView[E], host: Host, holds_values: bool
    ) -> None:
        self._sequencer: Final = sequencer
        self._barrier: Final = barrier
        self._slots: Final = slots
        self._store: Final = range_writer(slots) if holds_values else None
        mask = sequencer.buffer_size - 1

        def get(sequence: int) -> E:
            return slots[sequence & mask]

        self.get: Final = get
        self.released = False
        self.next: Final = barrier.next
        self.try_next: Final = barrier.try_next
        self.publish: Final = barrier.publish
        self.skip: Final = barrier.skip
        events = no_event_publication("values") if holds_values else event_publication(barrier, slots)
        self.publish_each: Final[PublishEach[E]] = events.publish_each
        self.publish_event: Final = events.publish_event
        self.try_publish_event: Final = events.try_publish_event
        self.publish_events: Final = events.publish_events
        self.try_publish_events: Final = events.try_publish_events
        values = value_publication(barrier, slots, host) if holds_values else no_value_publication()
        self.publish_value: Final = values.publish_value
        self.try_publish_value: Final = values.try_publish_value
        self.publish_values: Final = values.publish_values

    def claim(self, n: int = 1, timeout: float | None = None) -> Claim[E]:
        """`with producer.claim(n) as batch:` claims at its beginning and publishes at its end, see `Claim`."""
        return Claim(self._barrier, self._slots, self._store, n, timeout)

    def __getitem__(self, sequence: int) -> E:
        """The event in the slot of a claimed `sequence`, to be filled in place."""
        return self.get(sequence)

    def __setitem__(self, sequence: int, value: E) -> None:
        """Put `value` into the slot of a claimed `sequence` of a ring of values.

        Raises:
            TypeError: the ring has pre-allocated events, which are filled and never replaced.
        """
        if self._store is None:
            raise TypeError("this ring has pre-allocated events: fill producer[sequence] in place")
        self._slots[sequence & (len(self._slots) - 1)] = value

    def release(self) -> None:
        """Let another thread produce into a single-producer ring; nothing to do where there may be many.

        Raises:
            ProducerThreadError: the caller is not the thread that owns the production.
        """
        if isinstance(self._sequencer, SingleProducerSequencer):
            self._sequencer.release_producer()
            self.released = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
