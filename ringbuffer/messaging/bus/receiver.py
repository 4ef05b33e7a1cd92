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
from ringbuffer.messaging.pipeline.stage import no_coroutine


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

    def skip_rest(self) -> None:
        """Do not handle what is left of the batch. From inside the handler."""
        self._skipped = sum(1 for _ in self._rest)

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

    def _count(self, items: int, failed: int, retried: int) -> None:
        """A batch is over: what neither failed nor was skipped is handled."""
        subscription = self._subscription
        subscription.handled += items - failed - retried - self._skipped
        subscription.failed += failed
        subscription.retried += retried
        self._skipped = 0

    def _report(self, error: BaseException) -> None:
        """A handler failed."""
        if self._logs:
            logger.error("handler %r failed", self._subscription.name, exc_info=error)

    def _put_aside(self, delivery: Delivery, later: RetryLater) -> None:
        """A delivery is to come back."""
        delivery.error = later.__cause__
        self._subscription.comes_back(delivery, later.delay)

    def _lost(self, delivery: Delivery, error: BaseException) -> None:
        """A delivery has failed for good."""
        if delivery.is_dead:
            self._subscription.dead_lettered += 1
        delivery.end(None, error)


class Receiver(Sieve):
    """Gives events to a plain handler: an event handler of the ring, with `on_batch`."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription)
        pipeline = subscription.pipeline
        self._handler: Final = subscription.handler
        self._call: Final = None if pipeline is None else pipeline.around(subscription.handler)
        self._plain_handler: Callable[[object], object] = self._first if pipeline is None else self._deliver

    def on_start(self) -> None:
        """The thread is this handler's."""
        Running(self._subscription).enter()

    def on_batch(self, items: list[object], first_sequence: int = 0) -> None:
        """Handle a batch; never raises."""
        kinds = set(map(type, items))
        if kinds <= self._plain:
            self._each(self._plain_handler, items)
        elif chosen := self._chosen(items, kinds):
            self._each(self._plain_handler if kinds.isdisjoint({Carried}) else self._deliver, chosen)

    def _each(self, handle: Callable[[object], object], items: list[object]) -> None:
        failed = retried = 0
        rest = self._rest = iter(items)
        # Each turn but the last has failed on one item.
        while True:
            try:
                for item in rest:
                    handle(item)
                break
            except RetryLater:
                retried += 1
            except BaseException as error:
                failed += 1
                self._report(error)
        self._count(len(items), failed, retried)

    def _first(self, message: object) -> None:
        """The handler, for the first batch: a lambda around a coroutine function shows when it is called."""
        no_coroutine(self._handler(message))
        self._plain_handler = self._handler

    def _deliver(self, item: object) -> None:
        """An item with something attached to it, or with stages around the handler."""
        delivery = self._subscription.delivery_of(item)
        try:
            result = no_coroutine(self._handler(delivery.message)) if self._call is None else self._call(delivery)
        except RetryLater as later:
            self._put_aside(delivery, later)
            raise
        except BaseException as error:
            self._lost(delivery, error)
            raise
        delivery.end(result, None)


class AsyncReceiver(Sieve):
    """Gives events to a coroutine function, one at a time."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription)
        pipeline = subscription.pipeline
        handler: Callable[..., Awaitable[object]] = subscription.handler  # type: ignore[assignment]
        self._handler: Final = handler
        self._call: Final = None if pipeline is None else pipeline.around_async(handler)

    async def on_batch(self, items: list[object]) -> None:
        """Handle a batch. What it raises is a cancellation of the task itself, and nothing else."""
        kinds = set(map(type, items))
        self._rest = iter(items if kinds <= self._plain else self._chosen(items, kinds))
        for item in self._rest:
            failed = retried = 0
            try:
                await self._deliver(item)
            except RetryLater:
                retried = 1
            except BaseException as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise
                failed = 1
                self._report(error)
            self._skipped = 0
            self._count(1, failed, retried)

    async def _deliver(self, item: object) -> None:
        if self._call is None and type(item) is not Carried:
            await self._handler(item)
            return
        delivery = self._subscription.delivery_of(item)
        try:
            result = await (self._handler(delivery.message) if self._call is None else self._call(delivery))
        except RetryLater as later:
            self._put_aside(delivery, later)
            raise
        except BaseException as error:
            self._lost(delivery, error)
            raise
        delivery.end(result, None)
