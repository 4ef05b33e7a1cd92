"""The facts about this machine, without a judgement."""

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.memory.choice import installed
from ringbuffer.programs.doctor import gil
from ringbuffer.programs.interpreter import FREE_THREADED, gil_is_on

#: Libraries of the extras, by the names of their distributions.
EXTRAS = ("prometheus_client", "opentelemetry-api")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the doctor looks at.

    Attributes:
        implementation: of Python, as `CPython`.
        version: of Python.
        executable: of Python.
        free_threaded: whether the interpreter is built to run without a GIL.
        gil_is_on: whether there is one now.
        gil_is_forced_off: whether the user did not let the interpreter decide.
        gil_reasons: why it is on, where it need not be.
        atomics: the name of what atomic operations come from, as `RINGBUFFER_ATOMICS` has it. The
        library cannot be imported unless all of them are lock-free.
        atomics_source: the same for people.
        atomics_installed: the names of all that are installed.
        machine: the kind of processor.
        ordering: how loads and stores get their order.
        words_in_one_step: whether each of them is one step of the interpreter.
        cpus: processors of the machine.
        usable_cpus: those that this process may use.
        quota: how many processors' time a control group allows, if it limits it.
        timer_slack: how much longer than asked a short sleep takes, in seconds.
        yield_cost: what offering the processor takes, in seconds.
        has_sched_yield: whether the system has `sched_yield`.
        extras: versions of the libraries for the exporters; None where one is not installed.
    """

    implementation: str
    version: str
    executable: str
    free_threaded: bool
    gil_is_on: bool
    gil_is_forced_off: bool
    gil_reasons: tuple[str, ...]
    atomics: str
    atomics_source: str
    atomics_installed: tuple[str, ...]
    machine: str
    ordering: str
    words_in_one_step: bool
    cpus: int
    usable_cpus: int
    quota: float | None
    timer_slack: float
    yield_cost: float
    has_sched_yield: bool
    extras: dict[str, str | None]


def collect(modules: Iterable[str] = ()) -> Facts:
    """Find it all out; about a second.

    Args:
        modules: to be imported first, each in its own interpreter, to see whether one
        switches the GIL on.
    """
    usable = SYSTEM_HOST.available_cpus()
    cpus = os.cpu_count() or 1
    return Facts(
        implementation=platform.python_implementation(),
        version=platform.python_version(),
        executable=sys.executable,
        free_threaded=FREE_THREADED,
        gil_is_on=gil_is_on(),
        gil_is_forced_off="0" in (sys._xoptions.get("gil"), os.environ.get("PYTHON_GIL")),
        gil_reasons=gil.reasons(gil_is_on(), modules) if FREE_THREADED else (),
        atomics=PROCESS_MEMORY.atomics.name,
        atomics_source=PROCESS_MEMORY.atomics.source,
        atomics_installed=tuple(installed()),
        machine=platform.machine(),
        ordering=PROCESS_MEMORY.atomics.ordering,
        words_in_one_step=PROCESS_MEMORY.words_in_one_step,
        cpus=cpus,
        usable_cpus=len(usable) or cpus,
        quota=quota(Path("/sys/fs/cgroup/cpu.max")),
        timer_slack=_timer_slack(),
        yield_cost=_cost_of(SYSTEM_HOST.yield_now, 1000),
        has_sched_yield=hasattr(os, "sched_yield"),
        extras={name: _version(name) for name in EXTRAS},
    )


def quota(path: Path) -> float | None:
    """How many processors' time the control group of this process may use.

    Returns None if there is no limit, or no such group.
    """
    try:
        allowed, period = path.read_text().split()
        return None if allowed == "max" else int(allowed) / int(period)
    except (OSError, ValueError):
        return None


def _timer_slack() -> float:
    """The median of what short sleeps take too long."""
    asked, over = 50e-6, []
    for _ in range(50):
        begin = time.perf_counter()
        SYSTEM_HOST.sleep(asked)
        over.append(time.perf_counter() - begin - asked)
    return max(0.0, median(over))


def _cost_of(call: Callable[[], object], times: int) -> float:
    """Seconds that a call takes: the best of five rounds, since a disturbance only adds time."""
    rounds = []
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(times):
            call()
        rounds.append((time.perf_counter() - begin) / times)
    return min(rounds)


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
