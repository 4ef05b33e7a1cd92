"""A host that passes everything on to the system's, so that a test can step in at one call."""

from collections.abc import Callable

from ringbuffer.host import SYSTEM_HOST, Condition, Event, Lock, Thread


class ForwardingHost:
    """The system's host; override what the test wants to see or to refuse."""

    def lock(self) -> Lock:
        return SYSTEM_HOST.lock()

    def condition(self) -> Condition:
        return SYSTEM_HOST.condition()

    def event(self) -> Event:
        return SYSTEM_HOST.event()

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        return SYSTEM_HOST.start_thread(target, name)

    def current_thread(self) -> Thread:
        return SYSTEM_HOST.current_thread()

    def thread_id(self) -> int:
        return SYSTEM_HOST.thread_id()

    def monotonic(self) -> float:
        return SYSTEM_HOST.monotonic()

    def available_cpus(self) -> frozenset[int]:
        return SYSTEM_HOST.available_cpus()

    def pin(self, cpu: int) -> None:
        SYSTEM_HOST.pin(cpu)

    def yield_now(self) -> None:
        SYSTEM_HOST.yield_now()

    def sleep(self, seconds: float) -> None:
        SYSTEM_HOST.sleep(seconds)
