"""Hosts for interrupts: one reports that the watched thread sleeps; the locks of one are points."""

import _thread
import threading
from collections.abc import Callable
from types import TracebackType

from ringbuffer.host import SYSTEM_HOST, Condition, Event, Host, Lock
from ringbuffer.system import SystemCondition, SystemEvent
from tests.interrupts.points import Points
from tests.support.forwarding_host import ForwardingHost

#: The threads that do what a watched thread waits for, a moment later. Main thread, and the one
#: thread that it waits for.
_TIMERS: list[threading.Timer] = []


class SleepingHost(ForwardingHost):
    """The locks, events and conditions of the system; a sleep makes another thread do `action`."""

    def __init__(self) -> None:
        self._action: Callable[[], object] | None = None
        self._once = threading.Lock()

    def when_asleep(self, action: Callable[[], object]) -> None:
        self._action = action

    def falls_asleep(self) -> None:
        """Begin the action, if there is one left. Calls C only once, at which there is no point."""
        with self._once:
            action, self._action = self._action, None
        if action is not None:
            _thread.start_new_thread(action, ())

    def event(self) -> Event:
        return SleepingEvent(self)

    def condition(self) -> Condition:
        return SleepingCondition(self)


class SleepingEvent(SystemEvent):
    def __init__(self, host: SleepingHost) -> None:
        super().__init__()
        self._sleeping_host = host

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None or timeout > 0:
            # The wait itself begins at once: it is the same path whether the action comes before it
            # sleeps or after.
            self._sleeping_host.falls_asleep()
        return super().wait(timeout)


class SleepingCondition(SystemCondition):
    def __init__(self, host: SleepingHost) -> None:
        super().__init__()
        self._sleeping_host = host

    def wait(self, timeout: float | None = None) -> bool:
        self._sleeping_host.falls_asleep()
        return super().wait(timeout)


class BlockingHost(SleepingHost):
    """Taking one of its locks is a point: a thread may have to wait, and a signal ends the wait."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    def lock(self) -> Lock:
        return BlockingLock(SYSTEM_HOST.lock(), self._points)

    def event(self) -> Event:
        return BlockingEvent(self, self._points)

    def condition(self) -> Condition:
        return BlockingCondition(self, self._points)


class BlockingLock:
    def __init__(self, lock: Lock, points: Points) -> None:
        self._lock, self._points = lock, points

    def __enter__(self) -> object:
        self._points.blocked("a lock")
        return self._lock.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.__exit__(kind, error, trace)


class BlockingEvent(SleepingEvent):
    def __init__(self, host: SleepingHost, points: Points) -> None:
        super().__init__(host)
        self._points = points

    def wait(self, timeout: float | None = None) -> bool:
        self._points.blocked("an event")
        return super().wait(timeout)


class BlockingCondition(SleepingCondition):
    def __init__(self, host: SleepingHost, points: Points) -> None:
        super().__init__(host)
        self._points = points

    def __enter__(self) -> object:
        self._points.blocked("a condition's lock")
        return super().__enter__()

    def wait(self, timeout: float | None = None) -> bool:
        self._points.blocked("a condition")
        return super().wait(timeout)


def when_asleep(host: Host, action: Callable[[], object]) -> None:
    """Let another thread do `action` when the watched one is about to sleep.

    With any other host, it does it a moment later; `actions_are_over` waits for that.
    """
    if isinstance(host, SleepingHost):
        host.when_asleep(action)
    else:
        timer = threading.Timer(0.002, action)
        timer.daemon = True
        _TIMERS.append(timer)
        timer.start()


def actions_are_over() -> None:
    """Wait until other threads have done what `when_asleep` gave them, however late they were."""
    while _TIMERS:
        _TIMERS.pop().join()


def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Look again and again until `condition` holds."""
    pause = threading.Event()
    deadline = SYSTEM_HOST.monotonic() + seconds
    while not condition():
        if SYSTEM_HOST.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        pause.wait(0.0005)
