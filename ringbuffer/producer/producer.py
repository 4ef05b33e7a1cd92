"""`Producer`: a thread's own handle for publishing.

On a free-threaded interpreter, two threads that call methods of one object contend for its
reference count. So the thread that uses a producer makes it. The producer has that thread's own
views of every shared word and its own copy of the list of events. It shares only the shared memory
with other threads.

    producer = ring.producer()
    sequence = producer.next()
    producer[sequence].price = 101.5
    producer.publish(sequence)
"""

import contextlib
from typing import TYPE_CHECKING, Any, Final, Self

from ringbuffer.checks import Duration
from ringbuffer.errors import RingBufferError
from ringbuffer.forks import Noted, made_here
from ringbuffer.host import Host
from ringbuffer.memory import SlotView, range_writer
from ringbuffer.producer.binding import producer_ops
from ringbuffer.producer.claim import Claim
from ringbuffer.producer.event_sink import EventSink
from ringbuffer.producer.face import show_as
from ringbuffer.producer.ops import ProducerOps
from ringbuffer.producer.record_claim import RecordClaim
from ringbuffer.producer.records import no_record_publication, record_publication
from ringbuffer.producer.translation import event_publication, no_event_publication
from ringbuffer.producer.values import no_value_publication, value_publication
from ringbuffer.records import RecordStore
from ringbuffer.sequencer import Sequencer, SingleProducerSequencer

#: The operations that a producer has as its own functions, in slots; other sinks have methods.
OPERATIONS: Final = (
    "next",
    "try_next",
    "publish",
    "skip",
    "publish_each",
    "publish_event",
    "try_publish_event",
    "publish_events",
    "try_publish_events",
    "publish_value",
    "try_publish_value",
    "publish_values",
    "publish_records",
)


def _get(self: object, sequence: int) -> Any:
    """The event in the slot of a claimed `sequence`, to be filled in place.

    `producer[sequence]` is the same, a little slower.
    """


_get.__name__ = "get"


class Producer[E](EventSink[E], Noted):
    """A thread's own way to claim, fill and publish slots. Owning thread only.

    As a context manager it releases the production of a single-producer ring at the end.

    Attributes:
        released: whether the production of a single-producer ring was released. The handle cannot
            be used any more then.
    """

    #: The operations replace the methods of `EventSink`: a call reaches a closure directly.
    __slots__ = {
        **dict.fromkeys(
            (
                "_holds_records",
                "_host",
                "_ops",
                "_sequencer",
                "_slots",
                "_store",
                "_thread",
                "released",
            )
        ),
        "get": _get.__doc__,
        **{name: getattr(EventSink, name).__doc__ for name in OPERATIONS},
    }

    if TYPE_CHECKING:

        def get(self, sequence: int) -> E:
            """The event in the slot of a claimed `sequence`, to be filled in place."""

    def __init__(
        self,
        sequencer: Sequencer,
        ops: ProducerOps,
        slots: SlotView[E],
        host: Host,
        holds_values: bool,
        copies: RecordStore | None = None,
    ) -> None:
        made_here(self)
        self._sequencer: Final = sequencer
        self._ops: Final = ops
        self._slots: Final = slots
        self._host: Final = host
        self._thread: Final = host.thread_id()
        self._store: Final = range_writer(slots) if holds_values else None
        self._holds_records: Final = copies is not None
        mask = sequencer.buffer_size - 1

        def get(sequence: int) -> E:
            return slots[sequence & mask]

        self.released = False
        events = no_event_publication("values") if holds_values else event_publication(ops, slots)
        values = (
            value_publication(ops, slots, host)
            if holds_values
            else no_value_publication(self._holds_records)
        )
        records = (
            no_record_publication()
            if copies is None
            else record_publication(ops, copies, sequencer.buffer_size, host)
        )
        operations: list[Any] = [ops.next, ops.try_next, ops.publish, ops.skip, *events, *values]
        operations.append(records)
        for name, operation in zip(OPERATIONS, operations, strict=True):
            setattr(self, name, show_as("Producer", getattr(EventSink, name), operation))
        setattr(self, "get", show_as("Producer", _get, get))  # noqa: B010 - a method to mypy

    def producer(self) -> Self:
        """The producer itself."""
        return self

    def claim(self, n: int = 1, timeout: Duration | None = None) -> Claim[E]:
        """`with producer.claim(n) as batch:` publishes at its end, see `Claim`."""
        kind = RecordClaim if self._holds_records else Claim
        return kind(self._ops, self._slots, self._store, n, timeout, self._leave_open)

    def _leave_open(self, low: int, high: int) -> None:
        """Skip what a claim block has left claimed. Any thread; single producer: its own thread."""
        with contextlib.suppress(ValueError, RingBufferError):  # published by hand; or released
            if self._host.thread_id() == self._thread:
                self._ops.skip(low, high)
            elif not isinstance(self._sequencer, SingleProducerSequencer):
                producer_ops(self._sequencer).skip(low, high)

    def __getitem__(self, sequence: int) -> E:
        """The event in the slot of a claimed `sequence`, to be filled in place."""
        return self.get(sequence)

    def __setitem__(self, sequence: int, value: E) -> None:
        """Store `value` into the slot of a claimed `sequence` of a ring of values, or of records.

        Raises:
            TypeError: the ring has pre-allocated events, which are filled and never replaced.
        """
        if self._store is None and not self._holds_records:
            raise TypeError("this ring has pre-allocated events: fill producer[sequence] in place")
        self._slots[sequence & (len(self._slots) - 1)] = value

    def release(self) -> None:
        """Let another thread produce into a single-producer ring. Otherwise does nothing.

        Raises:
            ProducerThreadError: the caller is not the thread that owns the production.
        """
        if isinstance(self._sequencer, SingleProducerSequencer):
            # Stored first, because an interrupt may come after the release. If the release has not
            # happened, `producer()` gets the production again.
            self.released = True
            try:
                self._sequencer.release_producer()
            except Exception:
                self.released = False
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.release()
