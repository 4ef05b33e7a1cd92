"""`ComposedEventBus`: an event bus, made of parts.

                          ComposedEventBus        every public method; no state of its own
                     ________|____|____|______
                    |             |           |
            BusPublishing HandlerLifecycle BusClosing         each over the parts below
                    |_____________|___________|
                                  |
      Transport     a ring, or a channel for each handler; its runners call the handlers
      BusHandlers   the subscriptions, the lock that guards them, and the loop
      BusState      open, draining, closed; whether events are correlated
      AwaitedEvents events whose publishers wait; RetryScheduler: deliveries that come back

Each part is given the parts that it uses, and calls only their public methods.
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal, overload

from ringbuffer.blocking_bridge import begin_call
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.ending import Grace
from ringbuffer.messaging.blocks import Blocks
from ringbuffer.messaging.bus.awaited_events import AwaitedEvents
from ringbuffer.messaging.bus.bus_closing import BusClosing
from ringbuffer.messaging.bus.bus_handlers import BusHandlers, BusState
from ringbuffer.messaging.bus.bus_metrics import BusCloseReport, BusMetrics, HandlerMetrics
from ringbuffer.messaging.bus.bus_publishing import BusPublishing, PublishToBus
from ringbuffer.messaging.bus.event_bus import EventBus
from ringbuffer.messaging.bus.handler_waits import HandlerWaits, deadline_after
from ringbuffer.messaging.bus.lifecycle import HandlerLifecycle
from ringbuffer.messaging.bus.results import PublishResult
from ringbuffer.messaging.bus.retry_scheduler import RetryScheduler
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import MessageHandler
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.messaging.pipeline.correlation import get_current
from ringbuffer.messaging.progress import ConsumerProgress
from ringbuffer.one_process import OneProcess


class ComposedEventBus(OneProcess, Blocks, EventBus):
    """An event bus over any transport. Any thread.

    Args:
        handlers: the handlers of this bus: none yet.
        transport: carries events to them.
        pipeline: the stages around every handler that has no pipeline of its own.
        grace, drain_at_exit: see `Blocks`.
    """

    def __init__(
        self,
        handlers: BusHandlers,
        transport: Transport,
        pipeline: Pipeline | None,
        grace: Grace | Duration | None,
        drain_at_exit: Duration | None,
    ) -> None:
        super().__init__(handlers.name, handlers.host, grace, drain_at_exit)
        self._handlers: Final = handlers
        self._transport: Final = transport
        state = BusState(handlers)
        awaited = AwaitedEvents(handlers, state)
        retries = RetryScheduler(handlers, state, transport)
        self._state: Final = state
        self._retries: Final = retries
        self._waits: Final = HandlerWaits(handlers.host)
        self._publishing: Final = BusPublishing(handlers, state, transport, awaited)
        # Kept because they run for each event: to find them through their objects takes longer.
        self._item: Final = self._publishing.item
        self._offer: Final = transport.offer
        self._put: Final = transport.put
        self._lifecycle: Final = HandlerLifecycle(
            handlers, state, transport, awaited, self._waits, self._at_exit, pipeline
        )
        owners = (self, self._publishing, self._lifecycle, retries, awaited, transport)
        self._closer: Final = BusClosing(
            handlers, state, transport, awaited, retries, self._waits, self._at_exit, owners
        )

    # -- handlers ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the bus."""
        return self._name

    def subscribe[E](
        self,
        event_type: type[E],
        handler: MessageHandler[E],
        *,
        name: str | None = None,
        pipeline: Pipeline | None = None,
        own_thread: bool = False,
    ) -> Subscription:
        return self._lifecycle.subscribe(event_type, handler, name, pipeline, own_thread)

    def unsubscribe(
        self, subscription: Subscription, *, drain: bool = True, timeout: Duration | None = None
    ) -> bool:
        return self._lifecycle.unsubscribe(subscription, drain, timeout)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The handlers that are subscribed now."""
        return self._handlers.subscriptions

    def has_died(self, subscription: Subscription, error: BaseException) -> None:
        """See `Bus`."""
        self._lifecycle.has_died(subscription, error)

    def schedule_redelivery(
        self, subscription: Subscription, delivery: Delivery, delay: float
    ) -> None:
        """See `Bus`."""
        self._retries.schedule_redelivery(subscription, delivery, delay)

    # -- publishing -------------------------------------------------------------------------------

    # What runs for each event is here, and not a call further, in `BusPublishing`.

    @overload
    async def publish(
        self, event: object, *, wait: Literal[False] = False, timeout: Duration | None = None
    ) -> None: ...
    @overload
    async def publish(
        self, event: object, *, wait: Literal[True], timeout: Duration | None = None
    ) -> PublishResult: ...
    async def publish(
        self, event: object, *, wait: bool = False, timeout: Duration | None = None
    ) -> PublishResult | None:
        if wait:
            return await self._publishing.publish_and_await(event, timeout)
        limit = check_timeout(timeout)
        item = self._item(event)
        if not self._offer(item):
            deadline = deadline_after(self._host, limit)
            await self._publishing.put_when_capacity_is_free(item, deadline, limit)
        return None

    @overload
    def publish_sync(
        self, event: object, *, wait: Literal[False] = False, timeout: Duration | None = None
    ) -> None: ...
    @overload
    def publish_sync(
        self, event: object, *, wait: Literal[True], timeout: Duration | None = None
    ) -> PublishResult: ...
    def publish_sync(
        self, event: object, *, wait: bool = False, timeout: Duration | None = None
    ) -> PublishResult | None:
        if wait:
            return self._publishing.publish_and_wait(event, timeout)
        # The usual event travels as it is: to find that out here saves the call.
        if self._state.looks or get_current() is not None or isinstance(event, TransportEnvelope):
            event = self._item(event)
        self._put(event, timeout)
        return None

    def publisher(self) -> PublishToBus:
        return self._publishing.publisher()

    def try_publish(self, event: object) -> bool:
        return self._offer(self._item(event))

    def publish_all(self, events: Iterable[object], *, timeout: Duration | None = None) -> int:
        return self._publishing.publish_all(events, timeout)

    # -- observing --------------------------------------------------------------------------------

    def metrics(self) -> BusMetrics:
        handlers = {
            each.name: HandlerMetrics(
                each.handled,
                each.failed,
                each.retried,
                each.dead_lettered,
                each.runner.position.waiting,
                each.failure,
            )
            for each in self._handlers.subscriptions
        }
        published = self._transport.published - self._retries.redelivered
        return BusMetrics(published, self._retries.pending, handlers)

    def progress(self) -> tuple[ConsumerProgress, ...]:
        return tuple(each.progress() for each in self._handlers.subscriptions)

    # -- the end ----------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether it accepts no more events."""
        return self._state.refuses

    def close(self, *, drain: bool = True, timeout: Duration | None = None) -> BusCloseReport:
        return self._closer.close(drain, timeout)

    async def aclose(
        self, *, drain: bool = True, timeout: Duration | None = None
    ) -> BusCloseReport:
        """As `close`, in a thread, which continues if the caller is cancelled."""
        return await begin_call(self._host, self._closing(drain, timeout), f"{self._name} closes")

    def _closing(self, drain: bool, timeout: Duration | None) -> Callable[[], BusCloseReport]:
        return lambda: self.close(drain=drain, timeout=timeout)

    def _left(self) -> tuple[str, ...]:
        return self._closer.left()

    def __repr__(self) -> str:
        count = len(self._handlers.subscriptions)
        state = "closed" if self._state.refuses else f"{count} handlers"
        return f"{type(self).__name__}({self._name!r}, {state})"
