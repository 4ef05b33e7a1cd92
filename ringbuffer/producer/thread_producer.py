"""`ThreadProducers`: publishing through the ring itself, by a producer for each calling thread.

A program that asks for no producer calls `publish_event`, or `publish_value`, of the ring for each
event. So these call the operation of the calling thread directly: they do as many calls as the
functions of a producer do. They are attributes of each ring, in place of the methods of
`EventSink`. They refer to no ring, so a ring that is dropped is freed at once.

Which operation is the calling thread's? If an operation checks its thread anyway, as those of a
thread do that produces alone, the function of the ring has the latest one in a variable. Otherwise
each thread keeps its own in a `threading.local`: 95 ns.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.host import Host
from ringbuffer.memory import Slots
from ringbuffer.producer.binding import producer_ops
from ringbuffer.producer.event_sink import EventSink
from ringbuffer.producer.face import show_as
from ringbuffer.producer.ops import NONE_GIVEN, NOT_OWNED, not_owned
from ringbuffer.producer.producer import Producer
from ringbuffer.records import RecordSlots
from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer

#: `try_put(value)`, or `try_fill(translator, argument, more)`: a sequence, or a negative number.
type TryOne = Callable[..., int]


class ThreadProducers[E]:
    """The producers of all threads that publish through one ring. Any thread.

    Args:
        sequencer: the ring's.
        slots: the ring's.
        host: what tells threads apart.
        holds_values: whether the ring holds values.
    """

    __slots__ = (
        "_bound",
        "_first",
        "_holds_values",
        "_host",
        "_of_its_own",
        "_own",
        "_sequencer",
        "_slots",
    )

    def __init__(
        self, sequencer: Sequencer, slots: Slots[E], host: Host, holds_values: bool
    ) -> None:
        self._sequencer: Final = sequencer
        self._slots: Final = slots
        self._host: Final = host
        self._holds_values: Final = holds_values
        #: The calling thread's own `producer`, once it has published, and its `try_one`. An object
        #: of a class of our own would take half as long again to look into.
        self._own: Final = threading.local()
        #: The operation that the ring's functions try first, and what gives it to each of them.
        self._first = self._of_its_own = bind_own(self._own, holds_values)
        self._bound: Final[list[Callable[[TryOne], None]]] = []

    def get(self) -> Producer[E]:
        """The calling thread's own producer; the same one until it is released.

        Raises:
            ProducerThreadError: the ring has a single producer, and that is another thread.
        """
        own = self._own
        producer: Producer[E] | None = getattr(own, "producer", None)
        if producer is None or producer.released:
            ops, slots = producer_ops(self._sequencer), self._slots.view()
            copies = self._slots.store() if isinstance(self._slots, RecordSlots) else None
            producer = Producer(self._sequencer, ops, slots, self._host, self._holds_values, copies)
            try_one_into = ops.try_put_into if self._holds_values else ops.try_fill_into
            own.try_one = try_one_into(slots, not_owned)
            is_alone = produces_alone(self._sequencer)
            self._first = own.try_one if is_alone else self._of_its_own
            for use in self._bound:
                use(self._first)
            own.producer = producer  # last: after an interrupt, all of it is made again
        return producer

    def bind(self, sink: EventSink[E], kind: type[EventSink[E]]) -> None:
        """Give `sink` its own function to publish one event, or one value.

        Args:
            sink: the ring, or a disruptor over it.
            kind: its class in the library. A class of a user that replaces `producer`, or the
                method itself, keeps its method.
        """
        method: Callable[..., int] = (
            EventSink.publish_value if self._holds_values else EventSink.publish_event
        )
        if type(self._sequencer) is MultiProducerSequencer:
            publish = self._value_of_each() if self._holds_values else self._event_of_each()
        else:
            publish, use = self._value() if self._holds_values else self._event()
            self._bound.append(use)
        name, own = method.__name__, type(sink)
        if own.producer is kind.producer and getattr(own, name) is method:
            setattr(sink, name, show_as(kind.__name__, method, publish))

    def _event(self) -> tuple[Callable[..., int], Callable[[TryOne], None]]:
        """Makes `publish_event`, and the function that tells it what to try first."""
        try_one, producer = self._first, self.get

        # HOT: publishes one event by the operation of the calling thread.
        def publish_event(
            translator: Any,
            argument: object = NONE_GIVEN,
            /,
            *more: object,
            timeout: Duration | None = None,
        ) -> int:
            if timeout is not None:
                check_timeout(timeout)
            sequence = try_one(translator, argument, more)
            if sequence < 0:  # there is no free capacity, or it was not this thread's
                arguments = () if argument is NONE_GIVEN else (argument, *more)
                return producer().publish_event(translator, *arguments, timeout=timeout)
            return sequence

        def use(operation: TryOne) -> None:
            nonlocal try_one
            try_one = operation

        return publish_event, use

    def _value(self) -> tuple[Callable[..., int], Callable[[TryOne], None]]:
        """Makes `publish_value`, and the function that tells it what to try first."""
        try_one, producer = self._first, self.get

        # HOT: publishes one value by the operation of the calling thread.
        def publish_value(value: Any, timeout: Duration | None = None) -> int:
            if timeout is not None:
                check_timeout(timeout)
            sequence = try_one(value)
            if sequence < 0:
                return producer().publish_value(value, timeout)
            return sequence

        def use(operation: TryOne) -> None:
            nonlocal try_one
            try_one = operation

        return publish_value, use

    def _event_of_each(self) -> Callable[..., int]:
        """Makes `publish_event` of a ring on which no thread ever produces alone."""
        own, producer = self._own, self.get

        # HOT: publishes one event by the calling thread's own operation.
        def publish_event(
            translator: Any,
            argument: object = NONE_GIVEN,
            /,
            *more: object,
            timeout: Duration | None = None,
        ) -> int:
            if timeout is not None:
                check_timeout(timeout)
            try:
                try_fill = own.try_one
            except AttributeError:  # the thread's first call
                producer()
                try_fill = own.try_one
            sequence: int = try_fill(translator, argument, more)
            if sequence < 0:
                arguments = () if argument is NONE_GIVEN else (argument, *more)
                return producer().publish_event(translator, *arguments, timeout=timeout)
            return sequence

        return publish_event

    def _value_of_each(self) -> Callable[..., int]:
        """Makes `publish_value` of a ring on which no thread ever produces alone."""
        own, producer = self._own, self.get

        # HOT: publishes one value by the calling thread's own operation.
        def publish_value(value: Any, timeout: Duration | None = None) -> int:
            if timeout is not None:
                check_timeout(timeout)
            try:
                try_put = own.try_one
            except AttributeError:  # the thread's first call
                producer()
                try_put = own.try_one
            sequence: int = try_put(value)
            if sequence < 0:
                return producer().publish_value(value, timeout)
            return sequence

        return publish_value


def bind_own(own: threading.local, holds_values: bool) -> TryOne:
    """Makes the operation that calls the `try_one` of the calling thread, if it has one."""

    # HOT: fills one event.
    def try_fill(translator: Any, argument: object, more: tuple[object, ...]) -> int:
        try:
            try_one = own.try_one
        except AttributeError:  # the thread's first call
            return NOT_OWNED
        sequence: int = try_one(translator, argument, more)
        return sequence

    # HOT: stores one value.
    def try_put(value: Any) -> int:
        try:
            try_one = own.try_one
        except AttributeError:
            return NOT_OWNED
        sequence: int = try_one(value)
        return sequence

    return try_put if holds_values else try_fill


def produces_alone(sequencer: Sequencer) -> bool:
    """Whether the thread that has just got its operations is the only one that produces."""
    if isinstance(sequencer, BiasedProducerSequencer):
        return not sequencer.is_revoked
    return isinstance(sequencer, SingleProducerSequencer)
