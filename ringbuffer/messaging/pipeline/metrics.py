"""The stage `Metrics`: counts the attempts of a pipeline, and measures their times."""

import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, RetryLater
from ringbuffer.one_process import OneProcess


@dataclass(frozen=True, slots=True)
class HandlerTimes:
    """The counts and times of one handler; each attempt counts.

    Attributes:
        succeeded: attempts that returned.
        failed: attempts that failed for the last time, dead letters included.
        retried: attempts after which the delivery was scheduled for a retry.
        dead: attempts after which it became a dead letter.
        seconds: the total time in the stages and the handler.
        longest: the time of the longest attempt, in seconds.
    """

    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    dead: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def __add__(self, other: "HandlerTimes") -> "HandlerTimes":
        return HandlerTimes(
            self.succeeded + other.succeeded,
            self.failed + other.failed,
            self.retried + other.retried,
            self.dead + other.dead,
            self.seconds + other.seconds,
            max(self.longest, other.longest),
        )


class Metrics(OneProcess):
    """Counts attempts and measures their time, by handler. Any thread.

    Make it the outermost stage, so that it sees every attempt. Counting takes no lock: each thread
    has its own counters, and a reader adds them up. While handlers run, each counter is right at
    some moment of the call, but not all at the same moment.

    Args:
        host: the source of the clock.
    """

    def __init__(self, *, host: Host = SYSTEM_HOST) -> None:
        self._clock: Final = host.monotonic
        #: The counters of every thread, also of threads that have ended. `append` is atomic.
        self._all: Final[list[dict[str, _Counters]]] = []
        self._own: Final = _ThreadCounts(self._all)

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        clock = self._clock
        begin = clock()
        outcome = "failed"
        try:
            result = yield
            outcome = "succeeded"
            return result
        except RetryLater:
            outcome = "retried"
            raise
        finally:
            seconds = clock() - begin
            counters = self._own.of(delivery.handler)
            setattr(counters, outcome, getattr(counters, outcome) + 1)
            if delivery.is_dead:
                counters.dead += 1
            counters.seconds += seconds
            if seconds > counters.longest:
                counters.longest = seconds

    def of(self, handler: str) -> HandlerTimes:
        """The counts and times, until now, of the handler with that name."""
        return sum(
            (each[handler].times() for each in tuple(self._all) if handler in each), HandlerTimes()
        )

    def by_handler(self) -> dict[str, HandlerTimes]:
        """The counts and times of every handler that was called."""
        names = {name: None for each in tuple(self._all) for name in tuple(each)}
        return {name: self.of(name) for name in names}


class _Counters:
    """One thread's counters of one handler: only that thread writes them."""

    __slots__ = ("dead", "failed", "longest", "retried", "seconds", "succeeded")

    def __init__(self) -> None:
        self.succeeded = self.failed = self.retried = self.dead = 0
        self.seconds = self.longest = 0.0

    def times(self) -> HandlerTimes:
        return HandlerTimes(
            self.succeeded, self.failed, self.retried, self.dead, self.seconds, self.longest
        )


class _ThreadCounts(threading.local):
    """Each thread's counters, by handler."""

    def __init__(self, everybody: list[dict[str, _Counters]]) -> None:
        self._by_handler: Final[dict[str, _Counters]] = {}
        everybody.append(self._by_handler)

    def of(self, handler: str) -> _Counters:
        """The calling thread's counters of that handler."""
        counters = self._by_handler.get(handler)
        if counters is None:
            counters = self._by_handler[handler] = _Counters()
        return counters
