"""`EventBus`: what both buses do."""

from collections.abc import Callable, Iterable
from typing import Literal, Protocol, overload

from ringbuffer.messaging.bus.metrics import BusCloseReport, BusMetrics
from ringbuffer.messaging.bus.publishing import Publish
from ringbuffer.messaging.bus.results import PublishResult
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.pipeline import Pipeline


class EventBus(Protocol):
    """Brings every event that is published to every handler that wants events of its class. Any thread.

    * Each handler gets each event once, in the order in which they were published: the same order for all handlers.
    * Each handler has a thread of its own; coroutine functions, a task of their own in the bus's event loop. So handlers work
      in parallel, and one event after the other.
    * A handler that fails, or is slow, does not stop the others. What a handler raises is counted, logged, given to who waits
      for the event, and handled by the stages of its pipeline; then comes the next event.
    * A bus is bounded. When a handler is a whole bus behind, publishers wait for it; the other handlers go on with what is
      published.
    """

    def subscribe[E](
        self,
        event_type: type[E],
        handler: Callable[[E], object],
        *,
        name: str | None = None,
        pipeline: Pipeline | None = None,
    ) -> Subscription:
        """Let `handler` handle every event of a class, and of the classes derived from it, that is published from now on.

        Args:
            event_type: the class.
            handler: a function of one event, or a coroutine function.
            name: of the handler, unique in the bus; the default is the function's, with a number if that is taken.
            pipeline: the stages around it; the default is the bus's.

        Returns:
            What to unsubscribe.

        Raises:
            TypeError: `event_type` is no class, or the handler cannot be called with one event.
            ValueError: the name is taken.
            BusClosedError: the bus is closed.
        """
        ...

    def unsubscribe(self, subscription: Subscription, *, drain: bool = True, timeout: float | None = None) -> bool:
        """Publish nothing more for a handler, and let it come to its end.

        From inside the handler itself it returns at once, and the handler gets nothing more. From inside a coroutine function
        it returns at once too, False, and the other handler comes to its end meanwhile.

        Args:
            subscription: what `subscribe` returned. One that is gone already is nothing to do.
            drain: whether it is to handle first what was published before.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            Whether it did what it was to do, and has ended. If not, it ends after the event that it is in.
        """
        ...

    @overload
    async def publish(self, event: object, *, wait: Literal[False] = False, timeout: float | None = None) -> None: ...

    @overload
    async def publish(self, event: object, *, wait: Literal[True], timeout: float | None = None) -> PublishResult: ...

    async def publish(self, event: object, *, wait: bool = False, timeout: float | None = None) -> PublishResult | None:
        """Publish an event, waiting for room without holding up the loop.

        Where there is room it does not give the loop a turn. Cancelled before there was room, nothing is published; cancelled
        afterwards, the handlers go on.

        Args:
            event: any object. A `TransportEnvelope` says itself which message it is.
            wait: whether to wait until every handler is done with it, retries included.
            timeout: the longest wait in all, in seconds; None waits without a limit.

        Returns:
            With `wait`, what the handlers returned and raised.

        Raises:
            ClaimTimeoutError: there was no room in time. Nothing was published.
            HandlingTimeoutError: it was published, and not every handler was done in time.
            DeadlockError: a handler publishes, and would wait for itself. Nothing was published.
            BusClosedError: the bus is closed. Nothing was published.
        """
        ...

    @overload
    def publish_sync(self, event: object, *, wait: Literal[False] = False, timeout: float | None = None) -> None: ...

    @overload
    def publish_sync(self, event: object, *, wait: Literal[True], timeout: float | None = None) -> PublishResult: ...

    def publish_sync(self, event: object, *, wait: bool = False, timeout: float | None = None) -> PublishResult | None:
        """As `publish`, for threads: it blocks the caller."""
        ...

    def publisher(self) -> Publish:
        """A function that does what `publish_sync` does without `wait`, for the calling thread alone and faster: for loops."""
        ...

    def try_publish(self, event: object) -> bool:
        """Publish an event if there is room at this moment; whether there was. `BusClosedError` if the bus is closed."""
        ...

    def publish_all(self, events: Iterable[object], *, timeout: float | None = None) -> int:
        """Publish many events, in order, some at a time, waiting for room; how many. It blocks the caller.

        The errors are those of `publish`; their `published` says how many events were published, and `unpublished` holds those
        that were taken from the iterable and were not.
        """
        ...

    def metrics(self) -> BusMetrics:
        """What was published, handled, failed, retried and put to the dead letters, and what waits."""
        ...

    def close(self, *, drain: bool = True, timeout: float | None = None) -> BusCloseReport:
        """Take no more events, let the handlers come to their end, and say what was left. Closing again reports the same.

        Args:
            drain: whether everything that was published is handled first, with what is to be retried, and what the handlers
                themselves publish meanwhile; or else each handler ends after the events that it is in.
            timeout: the longest wait in all, in seconds; None waits without a limit. When it is over, coroutines are cancelled,
                and threads are reported.

        Raises:
            DeadlockError: a handler would wait for its own end.
            TimeoutError: another thread is closing the bus, and was not done in time.
        """
        ...

    async def aclose(self, *, drain: bool = True, timeout: float | None = None) -> BusCloseReport:
        """As `close`, without holding up the loop."""
        ...
