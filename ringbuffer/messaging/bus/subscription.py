"""`Subscription`: one handler of one bus, what it wants, and what it has done."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from ringbuffer.messaging.bus.carried import Carried
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.pipeline.stage import is_coroutine_function

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.feed import Feed


class Bus(Protocol):
    """A bus, as far as its subscriptions need one."""

    def unsubscribe(self, subscription: "Subscription", *, drain: bool = True, timeout: float | None = None) -> bool:
        """See `EventBus.unsubscribe`."""
        ...

    def come_back(self, subscription: "Subscription", delivery: Delivery, delay: float) -> None:
        """Bring a delivery back to a handler in `delay` seconds."""
        ...


class Subscription:
    """One handler of one bus; `subscribe` returns it. Any thread may look and unsubscribe.

    Attributes:
        name: of the handler, unique in its bus.
        event_type: events of this class, and of classes derived from it, are handled.
        handler: what handles them.
        pipeline: the stages around it; None where there are none.
        handled, failed, retried, dead_lettered: see `HandlerMetrics`. Written by the handler's own thread, or task, alone.
    """

    def __init__(
        self, bus: Bus, name: str, event_type: type, handler: Callable[..., object], pipeline: Pipeline | None
    ) -> None:
        self._bus: Final = bus
        self.name: Final = name
        self.event_type: Final = event_type
        self.handler: Final = handler
        self.pipeline: Final = pipeline
        self.handled = self.failed = self.retried = self.dead_lettered = 0
        self._feed: Feed | None = None

    @property
    def is_asynchronous(self) -> bool:
        """Whether the handler is a coroutine function."""
        return is_coroutine_function(self.handler)

    @property
    def feed(self) -> "Feed":
        """What brings it events."""
        assert self._feed is not None, "the bus attaches a feed when it subscribes"
        return self._feed

    @feed.setter
    def feed(self, feed: "Feed") -> None:
        self._feed = feed

    def unsubscribe(self, *, drain: bool = True, timeout: float | None = None) -> bool:
        """See `EventBus.unsubscribe`."""
        return self._bus.unsubscribe(self, drain=drain, timeout=timeout)

    def is_of(self, bus: object) -> bool:
        """Whether it is one of that bus."""
        return self._bus is bus

    # -- what it wants ------------------------------------------------------------------------------------------

    def wants_kind(self, kind: type) -> bool:
        """Whether it handles events of that class."""
        try:
            return issubclass(kind, self.event_type)
        except Exception:
            logger.exception("%r cannot be asked whether it is one of %r: not handled", kind, self.event_type)
            return False

    def wants(self, carried: Carried) -> bool:
        """Whether it handles what is carried."""
        if carried.only is not None:
            return carried.only is self
        return self.wants_kind(type(carried.message))

    def delivery_of(self, item: object) -> Delivery:
        """An item that it wants, as the stages of a pipeline see it."""
        if type(item) is not Carried:
            return Delivery(item, None, self.name, self.comes_back)
        if item.delivery is not None:
            item.delivery.attempt += item.delivery.error is not None
            return item.delivery
        delivery = Delivery(item.message, item.identity, self.name, self.comes_back)
        completion = item.completion
        if completion is not None:
            name = self.name
            delivery.settle = lambda result, error: completion.settle(name, result, error)
        return delivery

    def comes_back(self, delivery: Delivery, delay: float) -> None:
        """Bring a delivery back to this handler in `delay` seconds. See `ComesBack`."""
        self._bus.come_back(self, delivery, delay)

    def __repr__(self) -> str:
        return f"Subscription({self.name!r} to {self.event_type.__qualname__})"


def check_event_type(event_type: type) -> None:
    """Raise `TypeError` unless it is a class, and one that can be asked for what derives from it."""
    if not isinstance(event_type, type):
        raise TypeError(f"event_type must be a class, not {event_type!r}")
    try:
        issubclass(object, event_type)
    except TypeError as error:
        raise TypeError(f"event_type must be a class that events can be asked for, not {event_type!r}: {error}") from None
