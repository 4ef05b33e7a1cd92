"""A system that runs short: request n and all later ones are refused until the shortage ends."""

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from typing import Any, Final, Self

import pytest

from ringbuffer.host import SYSTEM_HOST, Condition, Event, Lock, Thread
from ringbuffer.memory import (
    PROCESS_MEMORY,
    Cell,
    FenceLock,
    FlagArray,
    MemoryBlock,
    SlotLayout,
    Slots,
)
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE


class ShortSystem:
    """Host, memory and event loops, which refuse what comes after so many requests.

    `with system.short_of(kind, after)` begins a shortage. Outside of such a block everything is
    granted.

    Attributes:
        host, memory: what the library gets.
        refused: how often something was refused in the last shortage.
    """

    #: What a system may be short of, and how it refuses.
    KINDS = ("thread", "loop", "memory")

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._lock = threading.Lock()
        self._kind: str | None = None
        self._left = 0
        self.refused = 0
        self.host = ShortHost(self)
        self.memory = ShortMemory(self)
        new_event_loop = asyncio.new_event_loop

        def new_loop() -> asyncio.AbstractEventLoop:
            self.ask("loop")
            return new_event_loop()

        monkeypatch.setattr(asyncio, "new_event_loop", new_loop)

    def short_of(self, kind: str, after: int) -> Self:
        """Grant `after` more things of that kind, and refuse the rest until the block ends."""
        self._kind, self._left, self.refused = kind, after, 0
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kind = None

    def ask(self, kind: str) -> None:
        with self._lock:
            if kind != self._kind:
                return
            if self._left:
                self._left -= 1
                return
            self.refused += 1
        if kind == "thread":
            raise RuntimeError("can't start new thread")
        if kind == "loop":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        raise MemoryError


class ShortHost(ForwardingHost):
    """Threads are what the system may be short of; and memory for locks, conditions and events."""

    def __init__(self, system: ShortSystem) -> None:
        self._system = system

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        self._system.ask("thread")
        return super().start_thread(target, name)

    def lock(self) -> Lock:
        self._system.ask("memory")
        return super().lock()

    def condition(self) -> Condition:
        self._system.ask("memory")
        return super().condition()

    def event(self) -> Event:
        self._system.ask("memory")
        return super().event()


class ShortMemory:
    """The memory of the process, which may be exhausted."""

    def __init__(self, system: ShortSystem) -> None:
        self._system = system

    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> Cell:
        self._system.ask("memory")
        return PROCESS_MEMORY.cell(initial)

    def flags(self, length: int, initial: int, /) -> FlagArray:
        self._system.ask("memory")
        return PROCESS_MEMORY.flags(length, initial)

    def fence_lock(self) -> FenceLock:
        self._system.ask("memory")
        return PROCESS_MEMORY.fence_lock()

    def block(self, size: int, /) -> MemoryBlock:
        self._system.ask("memory")
        return PROCESS_MEMORY.block(size)

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        self._system.ask("memory")
        return PROCESS_MEMORY.event_slots(events)

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        self._system.ask("memory")
        return PROCESS_MEMORY.value_slots(length, layout)


def resources() -> tuple[frozenset[int], int]:
    """The threads and the number of file descriptors that the process has now."""
    fds = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    return frozenset(thread.ident or 0 for thread in threading.enumerate()), fds


def wait_for_resources(before: tuple[frozenset[int], int]) -> None:
    """Return when only the threads and file descriptors of before are left.

    A thread that ends takes a moment.
    """
    pause = SYSTEM_HOST.event()
    for _ in range(int(PATIENCE * 100)):
        threads, fds = resources()
        if threads <= before[0] and fds <= before[1]:
            return
        pause.wait(0.01)
    names = [thread.name for thread in threading.enumerate() if thread.ident not in before[0]]
    raise AssertionError(
        f"left behind: threads {names}, {resources()[1] - before[1]} file descriptors"
    )
