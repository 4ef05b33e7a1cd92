"""`BusClosing`: the end of a bus, and the report of what it leaves."""

from typing import Final

from ringbuffer.at_exit import AtExit
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import DeadlockError
from ringbuffer.messaging.bus.awaited_events import AwaitedEvents
from ringbuffer.messaging.bus.bus_handlers import BusHandlers, BusState
from ringbuffer.messaging.bus.bus_metrics import BusCloseReport
from ringbuffer.messaging.bus.handler_waits import GRACE, HandlerWaits, deadline_after, remaining
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.retry_scheduler import RetryScheduler
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.messaging.closing import Closing, hand_over
from ringbuffer.reentry import is_within

#: Methods that hold no lock that a close in a signal handler needs while they call other methods.
PASSES: Final = frozenset(
    (
        "Blocks.__exit__",
        "Blocks.__aexit__",
        "BusClosing.close",
        "ComposedEventBus.close",
        "ComposedEventBus.publish",
        "ComposedEventBus.publish_sync",
        "BusPublishing.publish_and_await",
        "BusPublishing.publish_and_wait",
    )
)


class BusClosing:
    """Closes a bus once. Any thread.

    Args:
        handlers: the handlers of the bus.
        state: refuses events from the first close on.
        transport: is shut when the handlers have finished.
        awaited: the events whose publishers still wait.
        retries: the deliveries that will come back.
        waits: the waits for handlers.
        at_exit: learns that the bus was closed, and what was left.
        owners: the bus and its other parts. A signal handler may interrupt one of their methods,
            and must not wait for it.
    """

    def __init__(
        self,
        handlers: BusHandlers,
        state: BusState,
        transport: Transport,
        awaited: AwaitedEvents,
        retries: RetryScheduler,
        waits: HandlerWaits,
        at_exit: AtExit,
        owners: tuple[object, ...],
    ) -> None:
        self._handlers: Final = handlers
        self._host: Final = handlers.host
        self._state: Final = state
        self._transport: Final = transport
        self._awaited: Final = awaited
        self._retries: Final = retries
        self._waits: Final = waits
        self._at_exit: Final = at_exit
        self._owners: Final = (*owners, self)
        self._ends: Final = Closing[BusCloseReport](handlers.host)

    def close(self, drain: bool, timeout: Duration | None) -> BusCloseReport:
        """See `EventBus.close`."""
        timeout = check_timeout(timeout)
        handlers = self._handlers
        if handlers.current() is not None or handlers.loop.is_current():
            raise DeadlockError(
                f"a handler of {handlers.name!r} cannot wait for its own end; "
                f"close it in another thread"
            )
        # A completion has a lock too, which its publisher holds while it reads the results.
        owners = (*self._owners, *self._awaited.completions())
        if self._ends.is_current():
            owners = (*owners, self._ends)
        if is_within(owners, PASSES):
            hand_over(self._host, handlers.name, lambda: self.close(drain, timeout))
        self._refuse(drain)
        deadline = deadline_after(self._host, timeout)
        report = self._ends.run(lambda: self._close(drain, deadline), deadline)
        if report is None:
            raise TimeoutError(
                f"{handlers.name!r} is being closed by another thread, "
                f"and was not within {timeout} s"
            )
        return report

    def _refuse(self, drain: bool) -> None:
        """Accept no more events. Not in `close`: what `PASSES` names calls nothing under a lock."""
        with self._handlers.lock:
            self._state.refuse(drain)

    def _close(self, drain: bool, deadline: float | None) -> BusCloseReport:
        """Close, or continue a close that was interrupted: each step may be done twice."""
        handlers, waits = self._handlers, self._waits
        if drain:
            waits.until(self.is_quiet, deadline)
        self._state.end_drain()
        self._transport.shut()
        runners = {each.name: each.runner for each in handlers.subscriptions}
        if drain:  # events that were being published while the last ones were handled
            waits.until(
                lambda: all(each.has_passed(each.position.mark()) for each in runners.values()),
                deadline,
            )
        self._retries.close()
        for runner in runners.values():
            runner.stop()
        still_running = tuple(
            name for name, runner in runners.items() if not waits.join(runner, deadline)
        )
        unhandled = self.unhandled()
        for runner in runners.values():
            runner.position.detach()
        self._awaited.settle_all(
            lambda name: BusClosedError(f"{handlers.name!r} was closed before {name!r} was done")
        )
        handlers.loop.close(self._limit(deadline, still_running))
        self._retries.join(self._limit(deadline, still_running))
        report = BusCloseReport(unhandled, self._retries.abandoned, still_running)
        waits.is_over.set()
        self._at_exit.ended("was closed", report.left())
        return report

    def _limit(self, deadline: float | None, still_running: tuple[str, ...]) -> float | None:
        """How long to wait for a thread that has nothing left to do.

        A handler that still runs may block the loop, so the wait is short then.
        """
        if still_running:
            return GRACE
        left = remaining(self._host, deadline)
        return None if left is None else max(GRACE, left)

    def is_quiet(self) -> bool:
        """Whether every published event is handled, and no delivery will come back.

        A delivery is scheduled before its handler has passed it, and counts as pending until it is
        published again. So if all handlers have passed their marks, nothing is pending, and the
        marks are still the same, no event is on its way.
        """
        marks = []
        for runner in [each.runner for each in self._handlers.subscriptions]:
            position, mark = runner.position, runner.position.mark()
            if not runner.has_passed(mark):
                return False  # usually: a wait checks often, and a bus may have many handlers
            marks.append((position, mark))
        return self._retries.pending == 0 and all(at.mark() == mark for at, mark in marks)

    def left(self) -> tuple[str, ...]:
        """What is left unhandled, with numbers and names. Takes no lock that a handler may hold."""
        return BusCloseReport(
            self.unhandled(), self._retries.pending + self._retries.abandoned
        ).left()

    def unhandled(self) -> dict[str, int]:
        """By handler, how many events it has not finished."""
        left = (
            (each.name, each.runner.position.waiting + each.runner.filter.left)
            for each in self._handlers.subscriptions
        )
        return {name: count for name, count in left if count}
