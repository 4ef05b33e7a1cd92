"""`HandlerLifecycle`: how handlers join a bus, and how they leave it: unsubscribed, or dead."""

from typing import Final

from ringbuffer.at_exit import AtExit
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ConsumerFailedError
from ringbuffer.messaging.bus.awaited_events import AwaitedEvents
from ringbuffer.messaging.bus.bus_handlers import BusHandlers, BusState
from ringbuffer.messaging.bus.handler_waits import HandlerWaits, deadline_after
from ringbuffer.messaging.bus.results import BusClosedError, UnsubscribedError
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.subscription import (
    Subscription,
    check_event_type,
    current_subscription,
    unique_name,
)
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.messaging.message_handler import MessageHandler, function_of
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.processors.state import describe


class HandlerLifecycle:
    """Adds handlers to a bus, and removes them so that no publisher waits for them. Any thread.

    Args:
        handlers: the handlers, which this alone changes.
        state: whether the bus accepts handlers.
        transport: makes their runners, and is informed of every change.
        awaited: the events whose publishers wait for a handler.
        waits: the waits for handlers.
        at_exit: reports a bus with handlers that is not closed when the program ends.
        pipeline: the stages around every handler that has no pipeline of its own.
    """

    def __init__(
        self,
        handlers: BusHandlers,
        state: BusState,
        transport: Transport,
        awaited: AwaitedEvents,
        waits: HandlerWaits,
        at_exit: AtExit,
        pipeline: Pipeline | None,
    ) -> None:
        check_pipeline(pipeline)
        self._handlers: Final = handlers
        self._host: Final = handlers.host
        self._state: Final = state
        self._transport: Final = transport
        self._awaited: Final = awaited
        self._waits: Final = waits
        self._at_exit: Final = at_exit
        self._pipeline: Final = pipeline

    # -- subscribing ------------------------------------------------------------------------------

    def subscribe[E](
        self,
        event_type: type[E],
        handler: MessageHandler[E],
        name: str | None,
        pipeline: Pipeline | None,
        own_thread: bool,
    ) -> Subscription:
        """See `EventBus.subscribe`."""
        check_event_type(event_type)
        function = function_of(handler)
        check_pipeline(pipeline)
        if not isinstance(own_thread, bool):
            raise TypeError(f"own_thread must be True or False, not {own_thread!r}")
        stages = self._pipeline if pipeline is None else pipeline
        handlers = self._handlers
        subscription = runner = None
        try:
            with handlers.lock:
                if self._state.refuses:
                    raise BusClosedError(f"{handlers.name!r} is closed, and takes no more handlers")
                subscription = Subscription(
                    handlers.bus,
                    unique_name(handlers.name, handlers.subscriptions, name, handler),
                    event_type,
                    function,
                    stages,
                    own_thread,
                )
                runner = self._transport.runner_for(subscription)
                subscription.attach(runner)
                runner.position.attach()
                handlers.subscriptions = (*handlers.subscriptions, subscription)
                self._transport.handlers_changed(handlers.subscriptions)
                if stages is not None and stages.correlates:
                    self._state.correlate()
            self._at_exit.started()
            runner.start()
        except BaseException:
            if subscription is not None and runner is not None:
                self._withdraw(subscription, runner)
            raise
        return subscription

    def _withdraw(self, subscription: Subscription, runner: HandlerRunner) -> None:
        """Undo a `subscribe` that does not return, at whatever point it was."""
        self._remove(subscription)
        runner.stop()
        self._waits.join(runner, self._host.monotonic())
        runner.position.detach()
        if not self._handlers.subscriptions:
            self._at_exit.closed()

    # -- unsubscribing ----------------------------------------------------------------------------

    def unsubscribe(
        self, subscription: Subscription, drain: bool, timeout: Duration | None
    ) -> bool:
        """See `EventBus.unsubscribe`."""
        timeout = check_timeout(timeout)
        is_own = current_subscription() is subscription
        if not (is_own or self._handlers.loop.is_current()):
            mark = None
            try:
                mark = self._remove(subscription)
                return True if mark is None else self._part_with(subscription, mark, drain, timeout)
            except BaseException:
                self._finish_parting(subscription)
                raise
        # The caller cannot wait here. A thread does, which starts before anything is changed.
        decided = self._host.event()
        mark = None

        def part() -> None:
            decided.wait()
            if mark is not None:
                self._part_with(subscription, mark, drain and not is_own, None)

        try:
            self._host.start_thread(part, f"{self._handlers.name} unsubscribes")
            mark = self._remove(subscription)
            if mark is not None and is_own:
                subscription.runner.filter.skip_rest()
                subscription.runner.stop()
        finally:
            try:
                decided.set()
            except BaseException:
                decided.set()
                raise
        return is_own or mark is None

    def _remove(self, subscription: Subscription) -> int | None:
        """Publish nothing more for a handler.

        Returns the mark at which the handler ends; None if it was not subscribed.
        """
        handlers = self._handlers
        with handlers.lock:
            if subscription not in handlers.subscriptions:
                return None
            others = tuple(each for each in handlers.subscriptions if each is not subscription)
            try:
                handlers.subscriptions = others  # nothing is called between this and the `try`
                self._transport.handlers_changed(others)
            except BaseException:
                # Publishers must not wait for a handler that is gone
                self._transport.handlers_changed(others)
                raise
        mark = subscription.runner.position.mark()
        subscription.runner.end_at(mark)
        return mark

    def _finish_parting(self, subscription: Subscription) -> None:
        """Do the rest after an interrupt, such as Ctrl-C, has ended the wait for a handler.

        If the handler was removed, no publisher waits for it afterwards.
        """
        if subscription not in self._handlers.subscriptions:
            self._part_with(subscription, subscription.runner.position.mark(), False, 0.0)

    def _part_with(
        self, subscription: Subscription, mark: int, drain: bool, timeout: float | None
    ) -> bool:
        """Let a handler end, and settle the events that it will not handle.

        Returns whether it has drained, if it was to, and has ended.
        """
        runner = subscription.runner
        deadline = deadline_after(self._host, timeout)
        waits = self._waits
        if drain:  # until the end of the bus at the latest
            waits.until(lambda: runner.has_passed(mark) or waits.is_over.wait(0), deadline)
        drained = not drain or runner.has_passed(mark)
        runner.stop()
        ended = waits.join(runner, deadline)
        runner.position.detach()
        name = subscription.name
        self._awaited.settle(name, UnsubscribedError(f"{name!r} was unsubscribed"))
        return drained and ended

    # -- deaths -----------------------------------------------------------------------------------

    def has_died(self, subscription: Subscription, error: BaseException) -> None:
        """Continue without a handler whose thread or task has ended with `error`.

        No publisher waits for it any more.
        """
        handlers, name = self._handlers, subscription.name
        logger.critical(
            "handler %r of %r died; the bus goes on without it", name, handlers.name, exc_info=error
        )
        with handlers.lock:
            self._transport.handlers_changed(handlers.subscriptions)
        subscription.runner.position.detach()
        died = ConsumerFailedError(
            f"handler {name!r} died of {describe(error)}; the bus goes on without it"
        )
        died.__cause__ = error
        self._awaited.settle(name, died)


def check_pipeline(pipeline: Pipeline | None) -> None:
    """Check what a caller gives as a pipeline.

    Raises:
        TypeError: it is neither a `Pipeline` nor None.
    """
    if pipeline is not None and not isinstance(pipeline, Pipeline):
        raise TypeError(f"pipeline must be a Pipeline, or None, not {pipeline!r}")
