"""`Receiver` and `AsyncReceiver`: batches of whatever was published, to one handler, event by event.

The class of each event decides whether a handler wants it. A batch has few classes, so they are collected first, at the speed
of C, and the usual batch, of nothing but events that are wanted, goes to the handler in one bare loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from ringbuffer.messaging.bus.carried import Carried
from ringbuffer.messaging.bus.running import Running
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.delivery import Delivery, RetryLater
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.pipeline.stage import async_call, no_coroutine, plain_call


class Sieve:
    """Chooses what a subscription wants, and counts what became of it. Handler's thread, or task, only."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription: Final = subscription
        self._logs: Final = subscription.pipeline is None or not subscription.pipeline.logs
        #: Classes of events that travel as they are, and are wanted; the same and `Carried`; all that were met.
        self._plain: Final[set[type]] = set()
        self._some: Final[set[type]] = {Carried}
        self._met: Final[set[type]] = {Carried}
        self._rest: Iterator[object] = iter(())
        self._skipped = 0
        self._left = 0
        #: The last sequence of a ring that is to be handled, once that is known. Any thread stores it, once.
        self.last: int | None = None

    @property
    def left(self) -> int:
        """How many events were left out when it was told to stop, or was cancelled."""
        return self._left

    def skip_rest(self) -> None:
        """Do not handle what is left of the batch. In the handler's thread, or loop."""
        self._skipped = sum(1 for _ in self._rest)
        self._left += self._skipped

    def _in_time(self, items: list[object], first_sequence: int) -> list[object]:
        """What of a batch comes before the end, if there is one."""
        return items if self.last is None else items[: max(0, self.last - first_sequence + 1)]

    def _chosen(self, items: list[object], kinds: set[type]) -> list[object]:
        """What is wanted of a batch that is not all plain and wanted."""
        if not kinds <= self._met:
            wanted = {kind for kind in kinds - self._met if self._subscription.wants_kind(kind)}
            self._plain.update(wanted)
            self._some.update(wanted)
            self._met.update(kinds)
        if kinds.isdisjoint(self._some):
            return []
        some, wants = self._some, self._subscription.wants
        return [item for item in items if type(item) in some and (type(item) is not Carried or wants(item))]

    def _handled(self, delivery: Delivery, result: object) -> None:
        """A delivery has succeeded. It is counted before whoever waits for it is told."""
        self._subscription.handled += 1
        delivery.end(result, None)

    def _put_aside(self, delivery: Delivery, later: RetryLater) -> None:
        """A delivery is to come back. It is counted when it is on its way."""
        delivery.error = later.__cause__
        try:
            self._subscription.comes_back(delivery, later.delay)
        except Exception as error:  # no thread could be started
            self._lost(delivery, error)
        else:
            self._subscription.retried += 1

    def _lost(self, delivery: Delivery, error: BaseException) -> None:
        """A delivery has failed for good."""
        self._failed(error)
        if delivery.is_dead:
            self._subscription.dead_lettered += 1
        delivery.end(None, error)

    def _failed(self, error: BaseException) -> None:
        self._subscription.failed += 1
        if self._logs:
            logger.error("handler %r failed", self._subscription.name, exc_info=error)


class Receiver(Sieve):
    """Gives events to a plain handler: an event handler of the ring, with `on_batch`."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription)
        pipeline = subscription.pipeline
        self._has_stages: Final = pipeline is not None
        self._handler: Final = subscription.handler
        self._call: Final = plain_call(subscription.handler) if pipeline is None else pipeline.around(subscription.handler)
        self._handle: Callable[[object], object] = self._first

    def on_start(self) -> None:
        """The thread is this handler's."""
        Running(self._subscription).enter()

    def on_batch(self, items: list[object], first_sequence: int = 0) -> None:
        """Handle a batch; never raises."""
        items = self._in_time(items, first_sequence)
        kinds = set(map(type, items))
        chosen = items if kinds <= self._plain else self._chosen(items, kinds)
        if self._has_stages or Carried in kinds:
            rest = self._rest = iter(chosen)
            for item in rest:
                self._deliver(item)
            self._skipped = 0
        elif chosen:
            self._each(chosen)

    def _each(self, messages: list[object]) -> None:
        """Messages as they are, straight to the handler; counted when the batch is over."""
        handle = self._handle
        failed = 0
        rest = self._rest = iter(messages)
        # Each turn but the last has failed on one message.
        while True:
            try:
                for message in rest:
                    handle(message)
                break
            except BaseException as error:
                failed += 1
                self._failed(error)
        self._subscription.handled += len(messages) - failed - self._skipped
        self._skipped = 0

    def _first(self, message: object) -> None:
        """The handler, for the first batch: a lambda around a coroutine function shows when it is called."""
        no_coroutine(self._handler(message))
        self._handle = self._handler

    def _deliver(self, item: object) -> None:
        """An item with something attached to it, or with stages around the handler."""
        delivery = self._subscription.delivery_of(item)
        try:
            result = self._call(delivery)
        except RetryLater as later:
            self._put_aside(delivery, later)
        except BaseException as error:
            self._lost(delivery, error)
        else:
            self._handled(delivery, result)


class AsyncReceiver(Sieve):
    """Gives events to a coroutine function, one at a time."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription)
        pipeline = subscription.pipeline
        handler: Callable[..., Awaitable[object]] = subscription.handler  # type: ignore[assignment]
        self._call: Final = async_call(handler) if pipeline is None else pipeline.around_async(handler)

    async def on_batch(self, items: list[object], first_sequence: int = 0) -> None:
        """Handle a batch. What it raises is a cancellation of the task itself, and nothing else."""
        items = self._in_time(items, first_sequence)
        kinds = set(map(type, items))
        self._rest = iter(items if kinds <= self._plain else self._chosen(items, kinds))
        for item in self._rest:
            delivery = self._subscription.delivery_of(item)
            try:
                result = await self._call(delivery)
            except RetryLater as later:
                self._put_aside(delivery, later)
            except BaseException as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    self._left += 1
                    self.skip_rest()
                    raise
                self._lost(delivery, error)
            else:
                self._handled(delivery, result)
