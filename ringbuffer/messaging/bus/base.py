"""`BusBase`: what both buses have in common besides publishing: handlers that come and go, retries, and the end."""

from abc import abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from ringbuffer.backoff import Backoff
from ringbuffer.checks import check_timeout
from ringbuffer.errors import DeadlockError
from ringbuffer.host import Host
from ringbuffer.messaging.bus.apart import apart
from ringbuffer.messaging.bus.feed import Feed
from ringbuffer.messaging.bus.metrics import BusCloseReport, BusMetrics, HandlerMetrics
from ringbuffer.messaging.bus.publishing import EventPublishing
from ringbuffer.messaging.bus.results import BusClosedError, UnsubscribedError
from ringbuffer.messaging.bus.returns import Returns
from ringbuffer.messaging.bus.running import running_subscription
from ringbuffer.messaging.bus.subscription import Subscription, check_event_type
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.messaging.pipeline.stage import check_handler
from ringbuffer.processors.handlers import name_of

#: How long handlers that were told to stop may take when the time is up, in seconds, before they are reported.
GRACE: Final = 0.01


class BusBase(EventPublishing):
    """A bus, but for the way that events take to the handlers. Any thread.

    Args:
        name: of the bus, and of its threads.
        pipeline: the stages around every handler that brings none of its own.
        host: what provides locks, threads and time.
    """

    def __init__(self, name: str, pipeline: Pipeline | None, host: Host) -> None:
        super().__init__(name, host)
        if pipeline is not None and not isinstance(pipeline, Pipeline):
            raise TypeError(f"pipeline must be a Pipeline, or None, not {pipeline!r}")
        self._pipeline: Final = pipeline
        self._returns: Final = Returns(self._offer_to, host=host, name=name)
        self._is_over: Final = host.event()
        self._report: BusCloseReport | None = None

    # -- what a bus of a kind brings along ------------------------------------------------------------------------

    @abstractmethod
    def _feed_for(self, subscription: Subscription) -> Feed:
        """What brings a new handler everything that is published from now on. Not started."""

    @abstractmethod
    def _changed(self) -> None:
        """The subscriptions are others now."""

    @abstractmethod
    def _shut(self) -> None:
        """Let nothing more in, not even what comes back; wake whoever waits for room, with an error."""

    @abstractmethod
    def _published(self) -> int:
        """How many items were published, those that came back too."""

    # -- handlers -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the bus."""
        return self._name

    def subscribe[E](
        self,
        event_type: type[E],
        handler: Callable[[E], object],
        *,
        name: str | None = None,
        pipeline: Pipeline | None = None,
    ) -> Subscription:
        """See `EventBus.subscribe`."""
        check_event_type(event_type)
        check_handler(handler)
        if pipeline is not None and not isinstance(pipeline, Pipeline):
            raise TypeError(f"pipeline must be a Pipeline, or None, not {pipeline!r}")
        stages = self._pipeline if pipeline is None else pipeline
        with self._lock:
            if self._refuses:
                raise BusClosedError(f"{self._name!r} is closed, and takes no more handlers")
            subscription = Subscription(self, self._unique(name, handler), event_type, handler, stages)
            subscription.feed = self._feed_for(subscription)
            self._subscriptions = (*self._subscriptions, subscription)
            self._changed()
            if stages is not None and stages.correlates:
                self._correlates = self._looks = True
        try:
            subscription.feed.start()
        except BaseException:
            self._remove(subscription)
            subscription.feed.detach()
            raise
        return subscription

    def unsubscribe(self, subscription: Subscription, *, drain: bool = True, timeout: float | None = None) -> bool:
        """See `EventBus.unsubscribe`."""
        timeout = check_timeout(timeout)
        if not self._remove(subscription):
            return True
        is_own = running_subscription() is subscription
        if is_own:
            subscription.feed.sieve.skip_rest()
            subscription.feed.stop()
        if is_own or self._loop.is_current():
            self._host.start_thread(
                lambda: self._part_quietly(subscription, drain and not is_own), f"{self._name} unsubscribes"
            )
            return is_own
        return self._part_with(subscription, drain, timeout)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The handlers that are there now."""
        return self._subscriptions

    def _unique(self, name: str | None, handler: Callable[..., object]) -> str:
        """The name of a new handler; the lock is held."""
        taken = {each.name for each in self._subscriptions}
        if name is not None:
            if not isinstance(name, str):
                raise TypeError(f"name must be a string, not {name!r}")
            if name in taken:
                raise ValueError(f"{self._name!r} has a handler {name!r} already; give each a name of its own")
            return name
        base = name_of(handler).rpartition("<locals>.")[2]
        number = 1
        # Ends at the latest when there are more numbers than names.
        while (candidate := base if number == 1 else f"{base}-{number}") in taken:
            number += 1
        return candidate

    def _remove(self, subscription: Subscription) -> bool:
        """From here on nobody publishes for it; whether it was there."""
        with self._lock:
            if subscription not in self._subscriptions:
                return False
            self._subscriptions = tuple(each for each in self._subscriptions if each is not subscription)
            self._changed()
        return True

    def _part_with(self, subscription: Subscription, drain: bool, timeout: float | None) -> bool:
        """Let a handler come to its end, and settle what it will not come to. Whether it did what it was to do."""
        feed = subscription.feed
        deadline = None if timeout is None else self._host.monotonic() + timeout
        mark = feed.mark()
        feed.end_at(mark)
        if drain:  # until the end of the bus at the latest
            self._wait_until(lambda: feed.has_passed(mark) or self._is_over.wait(0), deadline)
        drained = not drain or feed.has_passed(mark)
        feed.stop()
        ended = self._join(feed, deadline)
        feed.detach()
        with self._lock:
            completions = tuple(self._completions)
        for completion in completions:
            completion.settle(subscription.name, None, UnsubscribedError(f"{subscription.name!r} was unsubscribed"))
        return drained and ended

    def _part_quietly(self, subscription: Subscription, drain: bool) -> None:
        """The same for a handler that cannot wait for it, in a thread that can."""
        self._part_with(subscription, drain, None)

    def _join(self, feed: Feed, deadline: float | None) -> bool:
        """Wait for a feed that was told to stop; cancel it when the time is up. Whether it has stopped."""
        remaining = self._remaining(deadline)
        if feed.join(None if remaining is None else max(GRACE, remaining)):
            return True
        feed.abort()
        return feed.join(GRACE)

    # -- what comes back ----------------------------------------------------------------------------------------

    def come_back(self, subscription: Subscription, delivery: Delivery, delay: float) -> None:
        """Bring a delivery back to a handler in `delay` seconds, through the bus, so that its own thread handles it.

        Raises:
            BusClosedError: a dead letter is replayed, and the bus is closed.
            UnsubscribedError: a dead letter is replayed, and its handler was unsubscribed.
        """
        is_replay = delivery.error is None
        if is_replay and self._refuses:
            raise BusClosedError(f"{self._name!r} is closed: nothing can be replayed")
        if is_replay and subscription not in self._subscriptions:
            raise UnsubscribedError(f"{subscription.name!r} was unsubscribed: nothing can be replayed to it")
        self._returns.put(subscription, delivery, delay)

    # -- looking ------------------------------------------------------------------------------------------------

    def metrics(self) -> BusMetrics:
        """See `EventBus.metrics`."""
        handlers = {
            each.name: HandlerMetrics(each.handled, each.failed, each.retried, each.dead_lettered, each.feed.waiting)
            for each in self._subscriptions
        }
        return BusMetrics(self._published() - self._returns.brought_back, self._returns.pending, handlers)

    # -- the end ------------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more events."""
        return self._refuses

    def close(self, *, drain: bool = True, timeout: float | None = None) -> BusCloseReport:
        """See `EventBus.close`."""
        timeout = check_timeout(timeout)
        running = running_subscription()
        if (running is not None and running.is_of(self)) or self._loop.is_current():
            raise DeadlockError(f"a handler of {self._name!r} cannot wait for its own end; close it in another thread")
        with self._lock:
            is_first = not self._refuses
            if is_first:
                self._drains = drain
                self._refuses = self._looks = True
        if not is_first:
            if not self._is_over.wait(timeout):
                raise TimeoutError(f"{self._name!r} is being closed by another thread, and was not within {timeout} s")
        else:
            try:
                self._report = self._close(drain, None if timeout is None else self._host.monotonic() + timeout)
            finally:
                self._is_over.set()
        return BusCloseReport({}, 0, ()) if self._report is None else self._report

    def _close(self, drain: bool, deadline: float | None) -> BusCloseReport:
        if drain:
            self._wait_until(self._is_quiet, deadline)
        self._drains = False
        self._shut()
        feeds = {each.name: each.feed for each in self._subscriptions}
        if drain:  # what was being published while the last ones were handled
            self._wait_until(lambda: all(feed.has_passed(feed.mark()) for feed in feeds.values()), deadline)
        self._returns.close()
        for feed in feeds.values():
            feed.stop()
        still_running = tuple(name for name, feed in feeds.items() if not self._join(feed, deadline))
        left = {name: feed.waiting + feed.sieve.left for name, feed in feeds.items()}
        unhandled = {name: count for name, count in left.items() if count}
        for feed in feeds.values():
            feed.detach()
        with self._lock:
            completions = tuple(self._completions)
        for completion in completions:
            completion.settle_all(lambda name: BusClosedError(f"{self._name!r} was closed before {name!r} was done"))
        limit = GRACE if still_running else None
        self._loop.close(limit)
        self._returns.join(limit)
        return BusCloseReport(unhandled, self._returns.abandoned, still_running)

    def _is_quiet(self) -> bool:
        """Whether everything is handled that was published, and nothing is to come back.

        A delivery is put aside before its handler has passed it, and counts as pending until it is published again. So where
        all have passed the marks, nothing is pending, and the marks are still the same, there is nothing on the way.
        """
        marks = [(each.feed, each.feed.mark()) for each in self._subscriptions]
        return (
            all(feed.has_passed(mark) for feed, mark in marks)
            and self._returns.pending == 0
            and all(feed.mark() == mark for feed, mark in marks)
        )

    def _wait_until(self, condition: Callable[[], bool], deadline: float | None) -> bool:
        """Look until `condition` holds or the time is up; whether it held. Handlers tell nobody that they advance."""
        backoff = Backoff(self._host, self._host.event(), self._remaining(deadline))
        while not condition():
            if not backoff.pause():
                return False
        return True

    async def aclose(self, *, drain: bool = True, timeout: float | None = None) -> BusCloseReport:
        """`close`, without holding up the loop: it is done in a thread. Cancelled, it goes on there."""
        return await apart(self._host, lambda: self.close(drain=drain, timeout=timeout), f"{self._name} closes")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """`close()`; if the block was interrupted, nothing is drained."""
        self.close(drain=error is None or isinstance(error, Exception))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose(drain=error is None or isinstance(error, Exception))

    def __repr__(self) -> str:
        state = "closed" if self._refuses else f"{len(self._subscriptions)} handlers"
        return f"{type(self).__name__}({self._name!r}, {state})"
