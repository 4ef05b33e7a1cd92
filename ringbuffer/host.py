"""What the library needs from the operating system: locks, conditions, threads, processor, clock.

Together with the memory provider, this is the library's whole environment. So a test that passes
its own `Host` and its own `Memory` decides every interleaving. No module above this one calls
`time`, or makes a lock or a thread, by itself.
"""

import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol

from ringbuffer.forks import renewed_in_child
from ringbuffer.system import SystemCondition, SystemEvent, start_thread


class Lock(Protocol):
    """A mutual-exclusion lock, held for the length of a `with` block."""

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


class Condition(Lock, Protocol):
    """A lock on which threads wait to be notified, as `threading.Condition`."""

    def wait(self, timeout: float | None = None) -> bool:
        """Release, wait for a notification or `timeout` seconds, re-acquire.

        Returns False if the time ran out.
        """
        ...

    def notify_all(self) -> None:
        """Wake every waiting thread. The caller must hold the lock."""
        ...


class Event(Protocol):
    """A flag that is set once and wakes every thread that waits for it, as `threading.Event`."""

    def set(self) -> None:
        """Set the flag and wake every waiting thread."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set or `timeout` seconds have passed; return whether it is set."""
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
        """Wait until it has ended, or for `timeout` seconds."""
        ...


class Host(Protocol):
    """The operating system, as the library sees it. Any thread."""

    def lock(self) -> Lock:
        """A new lock."""
        ...

    def condition(self) -> Condition:
        """A new condition with its own lock."""
        ...

    def event(self) -> Event:
        """A new event, not set."""
        ...

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        """Run `target` in a new daemon thread, in a context (`contextvars`) that begins empty."""
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
        """Yield this processor to another thread that is ready, and continue soon."""
        ...

    def sleep(self, seconds: float) -> None:
        """Release the processor for about `seconds`."""
        ...

    def available_cpus(self) -> frozenset[int]:
        """The processors that this process may use; empty if threads cannot be bound to one."""
        ...

    def pin(self, cpu: int) -> None:
        """Let the calling thread run only on processor `cpu`, one of `available_cpus()`."""
        ...


class SystemHost:
    """The real system: `threading`, `time` and, to yield, `sched_yield` if the system has it.

    `time.sleep(0)` does not replace `sched_yield`: it waits for a timer tick, which takes a hundred
    times longer.
    """

    event: Final = staticmethod(SystemEvent)
    current_thread: Final = staticmethod(threading.current_thread)
    thread_id: Final = staticmethod(threading.get_ident)
    monotonic: Final = staticmethod(time.monotonic)
    sleep: Final = staticmethod(time.sleep)
    yield_now: Final = staticmethod(getattr(os, "sched_yield", lambda: time.sleep(0)))

    @staticmethod
    def lock() -> Lock:
        """A new lock; it is free in a child after a fork."""
        return renewed_in_child(threading.Lock())

    @staticmethod
    def condition() -> Condition:
        """A new condition; in a child after a fork its lock is free, and no thread waits."""
        return renewed_in_child(SystemCondition())

    @staticmethod
    def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
        """Run `target` in a new daemon thread, in a context that begins empty."""
        return start_thread(target, name)

    @staticmethod
    def available_cpus() -> frozenset[int]:
        """The processors that this process may use; empty if threads cannot be bound to one."""
        return (
            frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()
        )

    @staticmethod
    def pin(cpu: int) -> None:
        """Let the calling thread run only on processor `cpu`: on Linux, 0 is the calling thread."""
        os.sched_setaffinity(0, {cpu})


#: The host that is used unless another is given.
SYSTEM_HOST: Final = SystemHost()
