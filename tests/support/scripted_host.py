"""A host whose clock and pauses are the test's: nothing waits, everything is noted."""

from collections.abc import Callable

from ringbuffer.host import SYSTEM_HOST, Lock, Thread


class ScriptedCondition:
    """A condition in one thread: a wait calls the script instead of waiting."""

    def __init__(self, host: "ScriptedHost") -> None:
        self._host = host
        self.notified = 0

    def __enter__(self) -> object:
        self._host.calls.append("lock")
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, timeout: float | None = None) -> bool:
        self._host.pause("wait", timeout)
        return True

    def notify_all(self) -> None:
        self._host.calls.append("notify")


class ScriptedEvent:
    def __init__(self, host: "ScriptedHost") -> None:
        self._host = host
        self._set = False

    def set(self) -> None:
        self._set = True

    def wait(self, timeout: float | None = None) -> bool:
        if not self._set:
            self._host.pause("park", timeout)
        return self._set


class ScriptedHost:
    """Time passes only in pauses, by as much as was asked for, and the script runs in each of them.

    Attributes:
        now: the clock, in seconds.
        calls: the kinds of pauses, in order, and locks and notifications of conditions.
        script: called in every pause, with the number of the pause.
    """

    def __init__(self, script: Callable[[int], object] = lambda number: None) -> None:
        self.now = 0.0
        self.calls: list[str] = []
        self.pauses = 0
        self.script = script

    def pause(self, kind: str, seconds: float | None) -> None:
        self.calls.append(kind)
        self.now += seconds if seconds is not None else 1.0
        self.pauses += 1
        assert self.pauses < 1_000_000, "the script never ends the wait"
        self.script(self.pauses)

    def lock(self) -> Lock:
        return SYSTEM_HOST.lock()

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        return SYSTEM_HOST.start_thread(target, name)

    def current_thread(self) -> Thread:
        return SYSTEM_HOST.current_thread()

    def thread_id(self) -> int:
        return SYSTEM_HOST.thread_id()

    def monotonic(self) -> float:
        return self.now

    def yield_now(self) -> None:
        self.pause("yield", 1e-6)

    def sleep(self, seconds: float) -> None:
        self.pause("sleep", seconds)

    def available_cpus(self) -> frozenset[int]:
        return SYSTEM_HOST.available_cpus()

    def pin(self, cpu: int) -> None:
        SYSTEM_HOST.pin(cpu)

    def condition(self) -> ScriptedCondition:
        return ScriptedCondition(self)

    def event(self) -> ScriptedEvent:
        return ScriptedEvent(self)
