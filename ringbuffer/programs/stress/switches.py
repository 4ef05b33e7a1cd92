"""`Switches`: threads put on cores, and taken off them, in ways that a quiet machine does not show.

The library starts its threads through a `Host`; this one puts each of them in its place first.
"""

import contextlib
import itertools
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ringbuffer.host import SYSTEM_HOST, Thread

#: What the system likes; all threads on one core; each on the next; each on another one now and
#: then, while it yields.
CORES = ("free", "one", "spread", "roaming")
#: Yields of a roaming thread on one core.
STAY = 50


@dataclass(frozen=True, slots=True)
class Switches:
    """How threads are put on cores.

    Attributes:
        cores: one of `CORES`.
        nice: whether every third thread steps back behind the others, where a thread can (Linux).
        interval: how long a thread may keep the GIL, in seconds, where there is one; None leaves
        it.
        seed: decides which core is the one.
    """

    cores: str
    nice: bool
    interval: float | None
    seed: int

    def __str__(self) -> str:
        interval = f", interval {self.interval:g} s" if self.interval else ""
        return f"cores {self.cores}{', some nice' if self.nice else ''}{interval}"

    @contextlib.contextmanager
    def applied(self) -> Iterator["StressHost"]:
        """A host for the threads of one run; the interpreter's interval is set meanwhile."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(before if self.interval is None else self.interval)
        try:
            yield StressHost(self)
        finally:
            sys.setswitchinterval(before)


def switches_of(pick: random.Random, seed: int) -> Switches:
    """Drawn."""
    return Switches(
        cores=pick.choice(CORES),
        nice=pick.choice([False, True]),
        interval=pick.choice([None, 1e-5]),
        seed=seed,
    )


class StressHost:
    """The system's host, that puts every thread in its place before it begins. Any thread."""

    lock = staticmethod(SYSTEM_HOST.lock)
    condition = staticmethod(SYSTEM_HOST.condition)
    event = staticmethod(SYSTEM_HOST.event)
    current_thread = staticmethod(SYSTEM_HOST.current_thread)
    thread_id = staticmethod(SYSTEM_HOST.thread_id)
    monotonic = staticmethod(SYSTEM_HOST.monotonic)
    sleep = staticmethod(SYSTEM_HOST.sleep)
    available_cpus = staticmethod(SYSTEM_HOST.available_cpus)
    pin = staticmethod(SYSTEM_HOST.pin)

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._cpus = sorted(SYSTEM_HOST.available_cpus())
        self._numbers = itertools.count()
        self._own = _YieldCount()
        self._one = random.Random(switches.seed).randrange(max(1, len(self._cpus)))

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        """A thread that goes to its place first."""
        number = next(self._numbers)

        def run() -> None:
            self._place(number)
            target()

        return SYSTEM_HOST.start_thread(run, name)

    def yield_now(self) -> None:
        """A roaming thread goes to another core now and then."""
        SYSTEM_HOST.yield_now()
        if self._switches.cores == "roaming" and self._cpus:
            own = self._own
            own.yields += 1
            if own.yields % STAY == 0:
                SYSTEM_HOST.pin(self._cpus[own.yields // STAY % len(self._cpus)])

    def _place(self, number: int) -> None:
        cores = self._switches.cores
        if self._cpus and cores in ("one", "spread"):
            SYSTEM_HOST.pin(
                self._cpus[(self._one + (number if cores == "spread" else 0)) % len(self._cpus)]
            )
        if self._switches.nice and number % 3 == 2 and sys.platform == "linux":
            os.nice(5)  # on Linux that of the calling thread alone; the thread ends with it


class _YieldCount(threading.local):
    def __init__(self) -> None:
        self.yields = 0
