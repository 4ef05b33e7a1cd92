"""A host whose clock stands still until the test moves it; threads, locks and events are real."""

import threading

from ringbuffer.host import Condition
from tests.support.forwarding_host import ForwardingHost


class ManualCondition:
    """A condition whose waits end only by notification: by a thread, or when the clock moves."""

    def __init__(self) -> None:
        self._condition = threading.Condition()

    def __enter__(self) -> object:
        return self._condition.__enter__()

    def __exit__(self, *arguments: object) -> None:
        self._condition.__exit__(None, None, None)

    def wait(self, timeout: float | None = None) -> bool:
        return self._condition.wait()

    def notify_all(self) -> None:
        self._condition.notify_all()


class ManualHost(ForwardingHost):
    """A clock that the test moves: `advance` wakes each thread that waits on a condition."""

    def __init__(self) -> None:
        self.now = 0.0
        self._conditions: list[ManualCondition] = []

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for condition in tuple(self._conditions):
            with condition:
                condition.notify_all()

    def condition(self) -> Condition:
        condition = ManualCondition()
        self._conditions.append(condition)
        return condition

    def monotonic(self) -> float:
        return self.now
