"""What the library asks of the operating system: locks, conditions, threads, the processor and the clock.

Together with the memory provider this is the whole of the world outside: a test that brings its own `Host` and its own
`Memory` decides every interleaving. No module above this one calls `time`, or makes a lock or a thread, by itself.
"""

import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol


class Lock(Protocol):
    """A mutual-exclusion lock, held for the length of a `with` block."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Condition(Lock, Protocol):
    """A lock on which threads wait to be notified, as `threading.Condition`."""

    def wait(self, timeout: float | None = None) -> bool:
        """Release, wait for a notification or `timeout` seconds, re-acquire; False when the time ran out."""
        ...

    def notify_all(self) -> None:
        """Wake every waiter. The lock must be held."""
        ...


class Event(Protocol):
    """A flag that is set once and wakes whoever waits for it, as `threading.Event`."""

    def set(self) -> None:
        """Set the flag and wake every waiter."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set or `timeout` seconds have passed; say whether it is set."""
        ...


class Thread(Protocol):
    """A running thread, as `threading.Thread`."""

    @property
    def name(self) -> str:
        """The name it was given."""
        ...

    def is_alive(self) -> bool:
        """Whether it is still running."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, or `timeout` seconds."""
        ...


class Host(Protocol):
    """The operating system, as far as the library needs one. Any thread."""

    def lock(self) -> Lock:
        """A new lock."""
        ...

    def condition(self) -> Condition:
        """A new condition with a lock of its own."""
        ...

    def event(self) -> Event:
        """A new event, not set."""
        ...

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        """Run `target` in a new daemon thread."""
        ...

    def current_thread(self) -> Thread:
        """The calling thread; the same object whenever the same thread asks."""
        ...

    def thread_id(self) -> int:
        """The calling thread's number; a thread that has ended may pass its number on."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def yield_now(self) -> None:
        """Let another thread that is ready have this processor, and come back soon."""
        ...

    def sleep(self, seconds: float) -> None:
        """Give the processor away for about `seconds`."""
        ...

    def available_cpus(self) -> frozenset[int]:
        """The processors that this process may use; empty where threads cannot be bound to one."""
        ...

    def pin(self, cpu: int) -> None:
        """Let the calling thread run on processor `cpu` alone, one of `available_cpus()`."""
        ...


class SystemHost:
    """The real one: `threading`, `time` and, to yield, `sched_yield` where the system has it.

    `time.sleep(0)` is no substitute for `sched_yield`: it waits for a timer tick, a hundred times longer.
    """

    lock: Final = staticmethod(threading.Lock)
    condition: Final = staticmethod(threading.Condition)
    event: Final = staticmethod(threading.Event)
    current_thread: Final = staticmethod(threading.current_thread)
    thread_id: Final = staticmethod(threading.get_ident)
    monotonic: Final = staticmethod(time.monotonic)
    sleep: Final = staticmethod(time.sleep)
    yield_now: Final = staticmethod(getattr(os, "sched_yield", lambda: time.sleep(0)))

    @staticmethod
    def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
        """Run `target` in a new daemon thread."""
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    @staticmethod
    def available_cpus() -> frozenset[int]:
        """The processors that this process may use; empty where threads cannot be bound to one."""
        return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()

    @staticmethod
    def pin(cpu: int) -> None:
        """Let the calling thread run on processor `cpu` alone: on Linux, thread 0 is the caller."""
        os.sched_setaffinity(0, {cpu})


#: The host that is used where none is given.
SYSTEM_HOST: Final = SystemHost()
