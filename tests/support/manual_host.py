"""A host whose clock stands still until the test moves it; threads, locks and events are real."""

import threading
from collections.abc import Callable

from ringbuffer.host import SYSTEM_HOST, Condition, Event, Lock, Thread


class ManualCondition:
    """A condition whose waits end by notification alone: of somebody, or of the clock when it is moved."""

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


class ManualHost:
    """The clock is the test's: `advance` moves it, and wakes whoever waits on a condition, to look at it."""

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

    def lock(self) -> Lock:
        return SYSTEM_HOST.lock()

    def event(self) -> Event:
        return SYSTEM_HOST.event()

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        return SYSTEM_HOST.start_thread(target, name)

    def current_thread(self) -> Thread:
        return SYSTEM_HOST.current_thread()

    def thread_id(self) -> int:
        return SYSTEM_HOST.thread_id()

    def available_cpus(self) -> frozenset[int]:
        return SYSTEM_HOST.available_cpus()

    def pin(self, cpu: int) -> None:
        SYSTEM_HOST.pin(cpu)

    def yield_now(self) -> None:
        SYSTEM_HOST.yield_now()

    def sleep(self, seconds: float) -> None:
        SYSTEM_HOST.sleep(seconds)
