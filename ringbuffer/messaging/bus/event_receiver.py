"""`EventReceiver` and `AsyncReceiver`: pass batches of published events to one handler, one by one.

The usual batch has only wanted events without anything attached. It goes to the handler in a bare
loop.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Final

from ringbuffer.messaging.bus.subscription import Subscription, enter_handler
from ringbuffer.messaging.bus.subscription_filter import SubscriptionFilter, kinds_of
from ringbuffer.messaging.bus.tracked_event import TrackedEvent
from ringbuffer.messaging.delivery import RetryLater
from ringbuffer.messaging.message_handler import no_coroutine
from ringbuffer.messaging.pipeline import Pipeline


class EventReceiver(SubscriptionFilter):
    """Passes events to a plain handler: an event handler of the ring, with `on_batch`.

    Each event is handled in a context (`contextvars`) that no other event has changed. After each
    event the context is compared with a pristine copy. That compares two pointers, unless the
    handler has set a variable; then the next event gets a new context.
    """

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription)
        pipeline = subscription.pipeline
        self._has_stages: Final = pipeline is not None
        self._handler: Final = subscription.handler
        self._call: Final = (pipeline or Pipeline()).around(subscription.handler)
        self._handle: Callable[[object], object] = self._first
        self._pristine = Context()
        self._context = self._pristine.copy()

    def on_start(self) -> None:
        """Note that the calling thread runs this handler."""
        self._pristine.run(enter_handler, self._subscription)
        self._context = self._pristine.copy()

    def on_batch(self, items: list[object], first_sequence: int = 0) -> None:
        """Handle a batch; never raises."""
        self.pass_on(items, first_sequence, kinds_of(items))

    def pass_on(self, items: list[object], first_sequence: int, kinds: set[type] | None) -> None:
        """Handle a batch, whose classes are known: `kinds_of(items)`; never raises."""
        chosen = self._wanted(items, first_sequence, kinds)
        rest = self._rest = iter(chosen)
        if self._has_stages or kinds is None or TrackedEvent in kinds:
            # Terminates because each iteration but the last has handled an event of the batch.
            while self._context.run(self._deliver_each, rest):
                self._context = self._pristine.copy()
        elif chosen:
            failed = self._subscription.failed
            # Terminates as above.
            while self._context.run(self._each, rest):
                self._context = self._pristine.copy()
            # They are counted when the batch is over.
            self._subscription.handled += (
                len(chosen) - (self._subscription.failed - failed) - self._skipped
            )
        self._skipped = 0

    def _each(self, rest: Iterator[object]) -> bool:
        """Pass events without anything attached straight to the handler.

        Returns True if the handler has changed the context, or was called for the first time, and
        more events may be left.
        """
        handle, context, pristine = self._handle, self._context, self._pristine
        try:
            if handle == self._first:
                for message in rest:
                    handle(message)
                    return True  # the rest of the batch goes to the handler itself
            for message in rest:
                handle(message)
                if context != pristine:
                    return True
                message = None  # see `ringbuffer.system`: a statement after the test
        except BaseException as error:
            self._failed(error)
            return True
        return False

    def _deliver_each(self, rest: Iterator[object]) -> bool:
        """Pass items on, some with something attached, or with stages around the handler.

        Returns what `_each` returns.
        """
        context, pristine = self._context, self._pristine
        for item in rest:
            self._deliver(item)
            if context != pristine:
                return True
        return False

    def _first(self, message: object) -> None:
        """The handler of the first event, whose result shows whether it needs `await`.

        A lambda around a coroutine function does not show that before.
        """
        no_coroutine(self._handler(message))
        self._handle = self._handler

    def _deliver(self, item: object) -> None:
        """Pass on an item with something attached, or with stages around the handler."""
        delivery = self._subscription.delivery_of(item)
        try:
            result = self._call(delivery)
        except RetryLater as later:
            self._schedule_redelivery(delivery, later)
        except BaseException as error:
            self._lost(delivery, error)
        else:
            self._handled(delivery, result)


class AsyncReceiver(SubscriptionFilter):
    """Passes events to a coroutine function, one at a time.

    Args:
        subscription: the subscription of the handler.
        is_ending: whether the task was asked to end, so that a cancellation has that meaning.
    """

    def __init__(self, subscription: Subscription, is_ending: Callable[[], bool]) -> None:
        super().__init__(subscription)
        self._is_ending: Final = is_ending
        pipeline = subscription.pipeline or Pipeline()
        self._call: Final = pipeline.around_async(subscription.handler)

    def take(self, items: list[object], first_sequence: int) -> None:
        """Keep a batch for `handle`."""
        self._rest = iter(self._wanted(items, first_sequence, kinds_of(items)))

    async def handle(self, context: Context, pristine: Context) -> bool:
        """Handle the rest of the batch.

        It raises nothing but the cancellation of a task that was asked to end.

        Args:
            context: the task's own.
            pristine: a copy of it from before the first event.

        Returns:
            False if the handler has changed the context, and more events may be left.
        """
        for item in self._rest:
            delivery = self._subscription.delivery_of(item)
            try:
                result = await self._call(delivery)
            except RetryLater as later:
                self._schedule_redelivery(delivery, later)
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError) and not self.outlives_cancellation():
                    self.left += 1
                    self.skip_rest()
                    raise
                self._lost(delivery, error)
            else:
                self._handled(delivery, result)
            if context != pristine:
                return False
        return True

    def outlives_cancellation(self) -> bool:
        """After a `CancelledError`, whether the task continues: the bus did not cancel it."""
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            return True
        if self._is_ending():
            return False
        # Terminates because each iteration takes back one cancellation.
        while task.cancelling():
            task.uncancel()
        return True
