"""`EventBus`: what both buses do."""

from collections.abc import Iterable
from typing import Literal, Protocol, overload, runtime_checkable

from ringbuffer.checks import Duration
from ringbuffer.messaging.blocks import UsedInBlocks
from ringbuffer.messaging.bus.bus_metrics import BusCloseReport, BusMetrics
from ringbuffer.messaging.bus.bus_publishing import PublishToBus
from ringbuffer.messaging.bus.results import PublishResult
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.message_handler import MessageHandler
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.messaging.progress import ConsumerProgress


@runtime_checkable
class EventBus(UsedInBlocks, Protocol):
    """Delivers each published event to every handler of its class. Any thread.

    * Each handler gets each event once, in the order in which they were published. The order is the
      same for all handlers.
    * Each handler handles one event after the other, and handlers work in parallel. In Channel mode
      each function has its own thread. In ring mode functions share a few threads, and one that
      holds up others gets its own. A coroutine function has a task in the bus's event loop.
    * A handler that fails, or is slow, does not stop the others. An error is counted, logged,
      reported to waiting publishers, and handled by the stages of the pipeline. Then the handler
      continues with the next event.
    * A bus is bounded. When a handler is a whole bus behind, publishers wait for it. The other
      handlers continue with the published events.
    """

    def subscribe[E](
        self,
        event_type: type[E],
        handler: MessageHandler[E],
        *,
        name: str | None = None,
        pipeline: Pipeline | None = None,
        own_thread: bool = False,
    ) -> Subscription:
        """Pass the events of a class, and of classes derived from it, to `handler` from now on.

        Args:
            event_type: the class.
            handler: a function of one event, a coroutine function, or an object with a method
                `handle`.
            name: the name of the handler, unique in the bus; the default is the function's name,
                with a number if that is taken.
            pipeline: the stages around it; the default is the bus's.
            own_thread: whether a function gets a thread of its own at once, rather than when it has
                held up others: for one that waits, or that needs the same thread at each event. In
                Channel mode every function has one anyway.

        Returns:
            The subscription, to unsubscribe.

        Raises:
            TypeError: `event_type` is not a class, or the handler cannot be called with one event.
            ValueError: another handler of the bus has that name.
            BusClosedError: the bus is closed.
        """
        ...

    def unsubscribe(
        self, subscription: Subscription, *, drain: bool = True, timeout: Duration | None = None
    ) -> bool:
        """Publish nothing more for a handler, and wait until it has ended.

        Called by the handler itself, it returns at once, and the handler gets nothing more. Called
        by another coroutine function of the bus, it returns False at once, and the handler ends
        meanwhile.

        Args:
            subscription: what `subscribe` returned. If it is gone already, nothing is done.
            drain: whether the handler first handles the events that were published before.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            Whether the handler has drained, if it was to, and has ended. If not, it ends after its
            current event.
        """
        ...

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
        """Publish an event, waiting for free capacity without blocking the loop.

        If there is free capacity, other tasks do not run meanwhile. If it is cancelled before that,
        nothing is published. If it is cancelled afterwards, the handlers continue.

        Args:
            event: any object. A `TransportEnvelope` has its own identity.
            wait: whether to wait until every handler has finished it, retries included.
            timeout: the longest wait in all, in seconds; None waits without a limit.

        Returns:
            With `wait`, what the handlers returned and raised.

        Raises:
            ClaimTimeoutError: there was no free capacity in time. Nothing was published.
            HandlingTimeoutError: it was published, but some handlers had not finished in time.
            DeadlockError: a handler publishes, and would wait for itself. Nothing was published.
            BusClosedError: the bus is closed. Nothing was published.
        """
        ...

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
        """As `publish`, for threads: it blocks the caller."""
        ...

    def publisher(self) -> PublishToBus:
        """A function that does what `publish_sync` does without `wait`, faster, for loops.

        Only the calling thread may use it.
        """
        ...

    def try_publish(self, event: object) -> bool:
        """Publish an event if there is free capacity now; return whether there was.

        Raises:
            BusClosedError: the bus is closed.
        """
        ...

    def publish_all(self, events: Iterable[object], *, timeout: Duration | None = None) -> int:
        """Publish many events, in order, several at a time; return how many.

        It waits for free capacity, and blocks the caller. The errors are those of `publish`. Their
        `published` says how many events were published. `unpublished` holds the events that were
        taken from the iterable and not published.
        """
        ...

    def metrics(self) -> BusMetrics:
        """The counts of published, handled, failed, retried, dead-lettered and waiting events."""
        ...

    def progress(self) -> tuple[ConsumerProgress, ...]:
        """The position of each handler."""
        ...

    def close(self, *, drain: bool = True, timeout: Duration | None = None) -> BusCloseReport:
        """Accept no more events, wait until the handlers have ended, and report what is left.

        A second call returns the same report.

        Args:
            drain: whether the handlers first handle everything that was published, the retries, and
                the events that they publish meanwhile. If not, each ends after its current events.
            timeout: the longest wait in all, in seconds; None waits without a limit. After it,
                coroutines are cancelled, and threads that still run are reported.

        Raises:
            DeadlockError: a handler would wait for its own end.
            TimeoutError: another thread is closing the bus, and had not finished in time.
        """
        ...

    @property
    def name(self) -> str:
        """The name of the bus."""
        ...

    @property
    def buffer_size(self) -> int:
        """How many events the slowest handler may be behind."""
        ...

    async def aclose(
        self, *, drain: bool = True, timeout: Duration | None = None
    ) -> BusCloseReport:
        """As `close`, without blocking the loop."""
        ...
