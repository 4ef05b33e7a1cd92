"""`FakeClock`: a host whose clock stands still until a test moves it; its threads are real.

A wait with a limit ends when it is notified, or when the clock has passed its limit. A thread that
waits notes its limit first, and looks at the clock after that. `advance` moves the clock first, and
looks for limits after that. So no limit is missed, whichever of the two comes first.

Pauses of at most `BRIEF` are real: with them, threads that poll make progress.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ringbuffer.checks import Duration, check_duration
from ringbuffer.host import SYSTEM_HOST, Condition, Event, Lock, Thread
from ringbuffer.system import SystemCondition

#: The longest wait that is a real pause, in seconds.
BRIEF: Final = 0.01


class FakeClock:
    """A clock that moves only when a test says so: a `Host`, for `host=`. Any thread.

    Locks, events, conditions and threads are real. Time is not: a wait with a limit of more than
    10 ms ends when it is notified, or when `advance` has moved the clock past its limit. Shorter
    waits are real pauses, which do not move the clock, because threads poll with them.

    Args:
        now: where the clock begins, in seconds.
    """

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        #: Notified when a thread begins to wait. Its lock protects the limits.
        self._changed: Final = SystemCondition()
        self._limits: Final[dict[object, tuple[float, str, Callable[[], None]]]] = {}

    # -- for the test -----------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time of the clock, in seconds."""
        return self._now

    def advance(self, seconds: Duration) -> None:
        """Move the clock, and wake each thread whose limit has passed. Returns immediately.

        A thread that has not begun to wait yet counts its time from the moved clock. So call
        `wait_for_sleepers` before.

        Args:
            seconds: how far; 0 or more.

        Raises:
            ValueError, TypeError: `seconds` is negative, or not a number.
        """
        more = check_duration("seconds", seconds, allow_zero=True)
        with self._changed:
            self._now += more
            limits = tuple(self._limits.values())
        for limit, _, wake in limits:
            if limit <= self._now:
                wake()

    def wait_for_sleepers(self, count: int = 1, *, timeout: Duration = 10) -> None:
        """Wait until `count` threads wait with a limit that the clock has not passed.

        Args:
            count: how many threads.
            timeout: the longest wait, in seconds of the real clock.

        Raises:
            TimeoutError: fewer threads wait; the message names them.
        """
        limit = SYSTEM_HOST.monotonic() + check_duration("timeout", timeout)
        with self._changed:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                waiting = self._waiting()
                if len(waiting) >= count:
                    return
                left = limit - SYSTEM_HOST.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
        raise TimeoutError(
            f"{len(waiting)} threads wait with a limit, not {count}, within {timeout} s: "
            f"{', '.join(waiting) or 'none'}"
        )

    def _waiting(self) -> list[str]:
        """The threads whose limits have not passed, each with its limit."""
        return [
            f"{name!r} until {limit:g}"
            for limit, name, _ in self._limits.values()
            if limit > self._now
        ]

    # -- for what waits ---------------------------------------------------------------------------

    @contextmanager
    def noted(self, limit: float, wake: Callable[[], None]) -> Iterator[None]:
        """In the block, the calling thread waits until this time. `wake` ends the wait."""
        key = object()
        try:
            with self._changed:
                self._limits[key] = limit, threading.current_thread().name, wake
                self._changed.notify_all()
            yield
        finally:
            self._limits.pop(key, None)

    # -- the host ---------------------------------------------------------------------------------

    def monotonic(self) -> float:
        """See `Host`: the time of the clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """See `Host`: until the clock has passed that time. A brief one is real."""
        if seconds <= BRIEF:
            SYSTEM_HOST.sleep(seconds)
        else:
            FakeEvent(self).wait(seconds)

    def condition(self) -> Condition:
        """See `Host`."""
        return FakeCondition(self)

    def event(self) -> Event:
        """See `Host`."""
        return FakeEvent(self)

    def lock(self) -> Lock:
        """See `Host`."""
        return SYSTEM_HOST.lock()

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        """See `Host`."""
        return SYSTEM_HOST.start_thread(target, name)

    def current_thread(self) -> Thread:
        """See `Host`."""
        return SYSTEM_HOST.current_thread()

    def thread_id(self) -> int:
        """See `Host`."""
        return SYSTEM_HOST.thread_id()

    def yield_now(self) -> None:
        """See `Host`."""
        SYSTEM_HOST.yield_now()

    def available_cpus(self) -> frozenset[int]:
        """See `Host`."""
        return SYSTEM_HOST.available_cpus()

    def pin(self, cpu: int) -> None:
        """See `Host`."""
        SYSTEM_HOST.pin(cpu)


class FakeCondition(SystemCondition):
    """A condition whose limits are those of a `FakeClock`."""

    __slots__ = ("_clock", "_notifications")

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock: Final = clock
        self._notifications = 0

    def wait(self, timeout: float | None = None) -> bool:
        """Release, wait for a notification or until the clock has passed the limit, re-acquire."""
        if timeout is not None and timeout <= BRIEF:
            return super().wait(timeout)
        before, clock = self._notifications, self._clock
        if timeout is None:
            while True:  # a moved clock wakes it too
                super().wait()
                if self._notifications != before:
                    return True
        limit = clock.monotonic() + timeout
        with clock.noted(limit, self._wake):
            while True:
                if self._notifications != before:
                    return True
                if clock.monotonic() >= limit:
                    return False
                super().wait()

    def notify_all(self) -> None:
        """Wake every waiting thread. The lock must be held."""
        self._notifications += 1
        super().notify_all()

    def _wake(self) -> None:
        """Let the waiting threads look at the clock."""
        with self:
            super().notify_all()


class FakeEvent:
    """A flag that is set once; its limits are those of a `FakeClock`."""

    __slots__ = ("_condition", "_is_set")

    def __init__(self, clock: FakeClock) -> None:
        self._condition: Final = FakeCondition(clock)
        self._is_set = False

    def set(self) -> None:
        """Set the flag and wake every waiting thread."""
        self._is_set = True
        try:
            self._wake()
        except BaseException:  # an interrupt; twice does no harm
            self._wake()
            raise

    def _wake(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set, or the clock has passed the limit; return whether it is set.

        One notification is enough: the flag is never taken back.
        """
        if self._is_set or (timeout is not None and timeout <= 0):
            return self._is_set
        with self._condition:
            if not self._is_set:
                self._condition.wait(timeout)
        return self._is_set
