"""`Subscription`: one handler of one bus, the events it wants, and what it has done."""

import asyncio
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import UnionType
from typing import Any, Final, Protocol, Union, get_origin

from ringbuffer.checks import Duration, is_coroutine_function
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.tracked_event import TrackedEvent
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.progress import ConsumerProgress
from ringbuffer.one_process import OneProcess
from ringbuffer.processors.handlers import name_of


class Bus(Protocol):
    """A bus, as far as its subscriptions need one."""

    def unsubscribe(
        self, subscription: "Subscription", *, drain: bool = True, timeout: Duration | None = None
    ) -> bool:
        """See `EventBus.unsubscribe`."""
        ...

    def schedule_redelivery(
        self, subscription: "Subscription", delivery: Delivery, delay: float
    ) -> None:
        """Bring a delivery back to a handler in `delay` seconds."""
        ...

    def has_died(self, subscription: "Subscription", error: BaseException) -> None:
        """Continue without a handler whose thread or task has ended with an error."""
        ...


class Subscription(OneProcess):
    """One handler of one bus; `subscribe` returns it. Any thread may look and unsubscribe.

    Attributes:
        name: the name of the handler, unique in its bus.
        event_type: the handler gets events of this class, and of classes derived from it.
        handler: the function that handles them; of a handler object, its method `handle`.
        pipeline: the stages around it; None without stages.
        own_thread: whether it asked for a thread of its own.
        handled, failed, retried, dead_lettered: see `HandlerMetrics`. Only the thread or task
            that calls the handler writes them, and one at a time calls it.
    """

    def __init__(
        self,
        bus: Bus,
        name: str,
        event_type: type,
        handler: Callable[..., object],
        pipeline: Pipeline | None,
        own_thread: bool = False,
    ) -> None:
        self._bus: Final = bus
        self.own_thread: Final = own_thread
        self.name: Final = name
        self.event_type: Final = event_type
        self.handler: Final = handler
        self.pipeline: Final = pipeline
        self.handled = self.failed = self.retried = self.dead_lettered = 0
        self._runner: HandlerRunner | None = None

    @property
    def is_asynchronous(self) -> bool:
        """Whether the handler is a coroutine function."""
        return is_coroutine_function(self.handler)

    @property
    def runner(self) -> HandlerRunner:
        """What passes it events."""
        assert self._runner is not None, "the bus attaches a runner when it subscribes"
        return self._runner

    def attach(self, runner: HandlerRunner) -> None:
        """Keep the runner. The bus calls this before it does anything else with the runner."""
        self._runner = runner

    @property
    def failure(self) -> BaseException | None:
        """What its thread or task died of; None while it lives. The bus continues without it.

        An error that the handler raises does not end it; such errors are counted in `failed`.
        """
        return None if self._runner is None else self._runner.failure

    def progress(self) -> ConsumerProgress:
        """The position of its handler.

        `finished` is read first, so the handler never seems to be done too early.
        """
        runner = self.runner
        finished, waiting = runner.position.finished, runner.position.waiting
        state = "DIED" if runner.failure is not None else "HANDLING" if waiting else "WAITING"
        return ConsumerProgress(self.name, finished, waiting, state, runner.threads, runner.task)

    def died(self, error: BaseException) -> None:
        """Report to the bus that the thread or task has ended with an error.

        In that thread or task, which has stored the `failure`.
        """
        self._bus.has_died(self, error)

    def unsubscribe(self, *, drain: bool = True, timeout: Duration | None = None) -> bool:
        """See `EventBus.unsubscribe`."""
        return self._bus.unsubscribe(self, drain=drain, timeout=timeout)

    def is_of(self, bus: object) -> bool:
        """Whether it is a subscription to that bus."""
        return self._bus is bus

    # -- the events it wants ----------------------------------------------------------------------

    def wants_kind(self, kind: type) -> bool:
        """Whether it handles events of that class."""
        try:
            return issubclass(kind, self.event_type)
        except Exception:
            logger.exception(
                "%r cannot be asked whether it is one of %r: not handled", kind, self.event_type
            )
            return False

    def wants(self, tracked: TrackedEvent) -> bool:
        """Whether it handles a tracked event."""
        if tracked.only is not None:
            return tracked.only is self
        return self.wants_kind(type(tracked.message))

    def delivery_of(self, item: object) -> Delivery:
        """The delivery of an item that it wants, for the stages of a pipeline."""
        if type(item) is not TrackedEvent:
            return Delivery(item, None, self.name, self.schedule_redelivery)
        if item.delivery is not None:
            item.delivery.begin_attempt()
            return item.delivery
        delivery = Delivery(item.message, item.identity, self.name, self.schedule_redelivery)
        completion = item.completion
        if completion is not None:
            name = self.name
            delivery.settle = lambda result, error: completion.settle(name, result, error)
        return delivery

    def schedule_redelivery(self, delivery: Delivery, delay: float) -> None:
        """Bring a delivery back to this handler in `delay` seconds. See `ScheduleRedelivery`."""
        self._bus.schedule_redelivery(self, delivery, delay)

    def __repr__(self) -> str:
        return f"Subscription({self.name!r} to {self.event_type.__qualname__})"


def check_event_type(event_type: type) -> None:
    """Check that `issubclass(..., event_type)` works; the message says what to write instead.

    Raises:
        TypeError: it is not a class, or its metaclass does not support `issubclass`.
    """
    given: object = event_type
    if given is Any:
        raise TypeError(
            "no event is an instance of typing.Any: "
            "subscribe to `object`, which every event is an instance of"
        )
    if isinstance(given, UnionType) or get_origin(given) is Union:
        raise TypeError(
            f"event_type must be one class, not {given!r}: "
            f"subscribe once to each, or to a common base class"
        )
    origin = get_origin(given)
    if isinstance(origin, type):
        raise TypeError(
            f"event_type must be a class, not {given!r}: events do not know their type "
            f"parameters. Subscribe to {origin.__qualname__}"
        )
    if not isinstance(given, type):
        raise TypeError(f"event_type must be a class, not {given!r}")
    try:
        issubclass(object, event_type)
    except TypeError as error:
        raise TypeError(
            f"event_type must be a class that events can be asked for, not {event_type!r}: {error}"
        ) from None


def unique_name(bus: str, taken: Iterable[Subscription], name: str | None, handler: object) -> str:
    """The name of a new handler: `name`, or the function's name, with a number if that is taken.

    Raises:
        TypeError: `name` is not a string.
        ValueError: another handler of the bus has that name.
    """
    names = {each.name for each in taken}
    if name is not None:
        if not isinstance(name, str):
            raise TypeError(f"name must be a string, not {name!r}")
        if name in names:
            raise ValueError(f"{bus!r} has a handler {name!r} already; give each a name of its own")
        return name
    base = name_of(handler).rpartition("<locals>.")[2]
    number = 1
    # Terminates because there are more numbers than names.
    while (candidate := base if number == 1 else f"{base}-{number}") in names:
        number += 1
    return candidate


#: The handler that runs in the calling thread or task, and may not await itself. A task that a
#: handler starts inherits the variable but is not the handler, so the task is noted too.
_running: Final[ContextVar[tuple[Subscription, "asyncio.Task[object] | None"] | None]] = ContextVar(
    "ringbuffer.messaging.current_handler", default=None
)


def enter_handler(subscription: Subscription) -> None:
    """Note that the calling thread, or task, runs the handler of a subscription from now on."""
    _running.set((subscription, _task()))


def current_subscription() -> Subscription | None:
    """The subscription whose handler is the caller; None for any other caller."""
    running = _running.get()
    return running[0] if running is not None and running[1] is _task() else None


def _task() -> "asyncio.Task[object] | None":
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
