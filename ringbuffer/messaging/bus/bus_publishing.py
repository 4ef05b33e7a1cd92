"""`BusPublishing`: the ways to publish events, over any transport.

The ways that run for each event and do not wait are in `ComposedEventBus`, where they save a call;
they use `BusPublishing.item`.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, Protocol

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ClaimTimeoutError, PublicationError
from ringbuffer.messaging.bus.awaited_events import AwaitedEvents
from ringbuffer.messaging.bus.bus_handlers import BusHandlers, BusState
from ringbuffer.messaging.bus.handler_waits import deadline_after, remaining
from ringbuffer.messaging.bus.results import PublishResult
from ringbuffer.messaging.bus.tracked_event import TrackedEvent
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.messaging.capacity_waiters import poll_for_capacity
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.pipeline import caused_by_current, current_delivery, identity_for
from ringbuffer.messaging.pipeline.correlation import get_current
from ringbuffer.queues.async_queue import LoopWaiter


class PublishToBus(Protocol):
    """`publish(event, timeout=None)` does what `publish_sync` does, for one thread alone."""

    def __call__(self, event: object, timeout: Duration | None = None) -> None:
        """The errors are those of `publish_sync`."""
        ...


class BusPublishing:
    """Publishes events. Any thread; the coroutines in any loop.

    Args:
        handlers: the handlers of the bus.
        state: whether the bus accepts events.
        transport: carries the events.
        awaited: notes the events that publishers wait for.
    """

    def __init__(
        self, handlers: BusHandlers, state: BusState, transport: Transport, awaited: AwaitedEvents
    ) -> None:
        self._handlers: Final = handlers
        self._host: Final = handlers.host
        self._state: Final = state
        self._transport: Final = transport
        self._awaited: Final = awaited

    def item(self, event: object) -> object:
        """What travels for an event: the event itself, unless something is attached to it.

        Raises:
            BusClosedError: the bus is closed. Nothing was published.
        """
        state = self._state
        if state.refuses:
            state.check_open()
        if (
            current_delivery() is None
            and not state.correlates
            and not isinstance(event, TransportEnvelope)
        ):
            return event
        return self._tracked(event)

    def _tracked(self, event: object) -> TrackedEvent:
        """An event that a publisher waits for, or that belongs to a conversation."""
        if isinstance(event, TransportEnvelope):
            event = caused_by_current(event)
        elif not self._state.correlates and current_delivery() is None:
            return TrackedEvent(event)
        return TrackedEvent(event, identity_for(event))

    # -- waiting for the handlers -----------------------------------------------------------------

    def publish_and_wait(self, event: object, timeout: Duration | None) -> PublishResult:
        """See `EventBus.publish_sync`, with `wait`."""
        limit = check_timeout(timeout)
        deadline = deadline_after(self._host, limit)
        done = self._host.event()
        blocks_loop = self._handlers.loop.is_current()
        expecting = self._awaited.expecting(self._tracked(event), done.set, blocks_loop)
        with expecting as (item, completion):
            self._transport.put(item, limit)
            if not completion.is_done and not done.wait(remaining(self._host, deadline)):
                raise completion.timed_out(limit)
            return completion.result()

    async def publish_and_await(self, event: object, timeout: Duration | None) -> PublishResult:
        """See `EventBus.publish`, with `wait`."""
        limit = check_timeout(timeout)
        deadline = deadline_after(self._host, limit)
        waiter = LoopWaiter()
        with self._awaited.expecting(self._tracked(event), waiter.set) as (item, completion):
            if not self._transport.offer(item):
                await self.put_when_capacity_is_free(item, deadline, limit)
            if not completion.is_done:
                try:
                    async with asyncio.timeout(remaining(self._host, deadline)):
                        await waiter.future
                except TimeoutError:
                    raise completion.timed_out(limit) from None
            return completion.result()

    # -- waiting for free capacity ----------------------------------------------------------------

    async def put_when_capacity_is_free(
        self, item: object, deadline: float | None, timeout: Duration | None
    ) -> None:
        """Publish an item when there is free capacity; the loop runs meanwhile.

        If it is cancelled, it has published nothing. Each waiting task polls for itself: one event
        may need other capacity than another, and a task that waits for its own handler must notice.
        """

        def attempt() -> bool | None:
            self._state.check_open()
            if self._transport.offer(item):
                return True
            self._handlers.check_capacity_is_not_own()
            return None

        try:
            async with asyncio.timeout(remaining(self._host, deadline)):
                await poll_for_capacity(attempt)
        except TimeoutError as error:
            raise ClaimTimeoutError(
                f"no room in {self._handlers.name!r} within {timeout} s. Nothing was published"
            ) from error

    # -- many events ------------------------------------------------------------------------------

    def publish_all(self, events: Iterable[object], timeout: Duration | None) -> int:
        """See `EventBus.publish_all`."""
        state = self._state
        if state.refuses:
            state.check_open()
        is_plain = (
            not state.correlates
            and current_delivery() is None
            and isinstance(events, list)
            and not _has_envelope(events)
        )
        try:
            return self._transport.put_all(events if is_plain else map(self.item, events), timeout)
        except PublicationError as error:
            error.unpublished = tuple(
                each.message if isinstance(each, TrackedEvent) else each
                for each in error.unpublished
            )
            raise

    def publisher(self) -> PublishToBus:
        """See `EventBus.publisher`."""
        state: Final = self._state
        put: Final = self._transport.own_put()
        current: Final = get_current

        def publish(event: object, timeout: Duration | None = None) -> None:
            if state.looks or current() is not None or isinstance(event, TransportEnvelope):
                event = self.item(event)
            put(event, timeout)

        return publish


def _has_envelope(events: list[Any]) -> bool:
    """Whether one of the events is an envelope."""
    try:
        kinds: Iterable[type] = set(map(type, events))
    except TypeError:  # a class that cannot be hashed
        kinds = map(type, events)
    return any(issubclass(kind, TransportEnvelope) for kind in kinds)
