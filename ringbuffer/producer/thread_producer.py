"""`ThreadProducers`: publishing through the ring itself, by a producer for each calling thread.

A program that asks for no producer calls `publish_event`, or `publish_value`, of the ring for each
event. So these call the operation of the calling thread directly: they do as many calls as the
functions of a producer do. They are attributes of each ring, in place of the methods of
`EventSink`. They refer to no ring, so a ring that is dropped is freed at once.

Which operation is the calling thread's? If an operation checks its thread anyway, the ring keeps
the latest one in a list: 20 ns. Otherwise each thread keeps its own in a `threading.local`: 95 ns.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import check_timeout
from ringbuffer.host import Host
from ringbuffer.memory import Slots
from ringbuffer.producer.binding import producer_ops
from ringbuffer.producer.event_sink import EventSink
from ringbuffer.producer.face import show_as
from ringbuffer.producer.ops import NONE_GIVEN, not_owned
from ringbuffer.producer.producer import Producer
from ringbuffer.sequencer import Sequencer, SingleProducerSequencer


class ThreadProducers[E]:
    """The producers of all threads that publish through one ring. Any thread.

    Args:
        sequencer: the ring's.
        slots: the ring's.
        host: what tells threads apart.
        holds_values: whether the ring holds values.
    """

    __slots__ = ("_holds_values", "_host", "_is_single", "_latest", "_own", "_sequencer", "_slots")

    def __init__(
        self, sequencer: Sequencer, slots: Slots[E], host: Host, holds_values: bool
    ) -> None:
        self._sequencer: Final = sequencer
        self._slots: Final = slots
        self._host: Final = host
        self._holds_values: Final = holds_values
        self._is_single: Final = isinstance(sequencer, SingleProducerSequencer)
        #: Single producer: the operation of the producer that was made last.
        self._latest: Final[list[Callable[..., int]]] = [not_owned]
        #: The calling thread's own `producer`, once it has published; several producers: its
        #: `try_one`. An object of a class of our own would take half as long again to look into.
        self._own: Final = threading.local()

    def get(self) -> Producer[E]:
        """The calling thread's own producer; the same one until it is released.

        Raises:
            ProducerThreadError: the ring has a single producer, and that is another thread.
        """
        own = self._own
        producer: Producer[E] | None = getattr(own, "producer", None)
        if producer is None or producer.released:
            ops, slots = producer_ops(self._sequencer), self._slots.view()
            producer = Producer(self._sequencer, ops, slots, self._host, self._holds_values)
            try_one_into = ops.try_put_into if self._holds_values else ops.try_fill_into
            try_one = try_one_into(slots, not_owned)
            if self._is_single:
                self._latest[0] = try_one
            else:
                own.try_one = try_one
            own.producer = producer  # last: after an interrupt, all of it is made again
        return producer

    def bind(self, sink: EventSink[E], kind: type[EventSink[E]]) -> None:
        """Give `sink` its own function to publish one event, or one value.

        Args:
            sink: the ring, or a disruptor over it.
            kind: its class in the library. A class of a user that replaces `producer`, or the
                method itself, keeps its method.
        """
        if self._holds_values:
            method: Callable[..., int] = EventSink.publish_value
            publish = self._single_value() if self._is_single else self._value()
        else:
            method = EventSink.publish_event
            publish = self._single_event() if self._is_single else self._event()
        name, own = method.__name__, type(sink)
        if own.producer is kind.producer and getattr(own, name) is method:
            setattr(sink, name, show_as(kind.__name__, method, publish))

    def _single_event(self) -> Callable[..., int]:
        latest, producer = self._latest, self.get

        # HOT: publishes one event by the operation of the one producer.
        def publish_event(
            translator: Any,
            argument: object = NONE_GIVEN,
            /,
            *more: object,
            timeout: float | None = None,
        ) -> int:
            if timeout is not None:
                check_timeout(timeout)
            sequence = latest[0](translator, argument, more)
            if sequence < 0:  # there is no free capacity, or the producer is another thread's
                arguments = () if argument is NONE_GIVEN else (argument, *more)
                return producer().publish_event(translator, *arguments, timeout=timeout)
            return sequence

        return publish_event

    def _event(self) -> Callable[..., int]:
        own, producer = self._own, self.get

        # HOT: publishes one event by the calling thread's own operation.
        def publish_event(
            translator: Any,
            argument: object = NONE_GIVEN,
            /,
            *more: object,
            timeout: float | None = None,
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

    def _single_value(self) -> Callable[..., int]:
        latest, producer = self._latest, self.get

        # HOT: publishes one value by the operation of the one producer.
        def publish_value(value: Any, timeout: float | None = None) -> int:
            if timeout is not None:
                check_timeout(timeout)
            sequence = latest[0](value)
            if sequence < 0:
                return producer().publish_value(value, timeout)
            return sequence

        return publish_value

    def _value(self) -> Callable[..., int]:
        own, producer = self._own, self.get

        # HOT: publishes one value by the calling thread's own operation.
        def publish_value(value: Any, timeout: float | None = None) -> int:
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
