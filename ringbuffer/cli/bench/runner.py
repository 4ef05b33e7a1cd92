"""Runs scenarios: every contender once, then every contender again: A B C A B C ...

Interleaved, so that whatever changes on the machine meanwhile (a neighbour, a clock rate) changes for all of them alike, and
the ratio of run i to run i means something. Before that a contender is warmed up, and it is found out how many events make a
run of the wanted length.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ringbuffer.cli.bench.results import ContenderResult, ScenarioResult
from ringbuffer.cli.bench.scenario import Contender, Run, Scenario
from ringbuffer.cli.interpreter import gil_is_on

#: What is to be done with the threads that a failed run has left behind. Without it they stay, and may disturb what follows.
type Abandon = Callable[[Iterable[threading.Thread]], object]

#: Events of the first warm-up, and the fewest of any run.
FEWEST: Final = 1_000


class GilError(RuntimeError):
    """The GIL was switched on: nothing measured from here on would mean anything."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure.

    Attributes:
        runs: of each contender, interleaved.
        seconds: how long one run takes, about.
        fixed_count: events in every run, whatever its length; None finds it out.
    """

    runs: int = 7
    seconds: float = 0.5
    fixed_count: int | None = None

    def __post_init__(self) -> None:
        if self.runs < 1 or self.seconds <= 0:
            raise ValueError(f"runs and seconds must be positive, not {self.runs} and {self.seconds}")


QUICK: Final = Settings(runs=5, seconds=0.06)


def run_scenario(
    scenario: Scenario,
    settings: Settings,
    *,
    only: Iterable[str] | None = None,
    tell: Callable[[str], object] = lambda line: None,
    go_on: Callable[[], bool] = lambda: True,
    abandon: Abandon = lambda threads: None,
) -> ScenarioResult:
    """Measure a scenario.

    Args:
        scenario: what to measure.
        settings: how.
        only: the contenders to run; None runs all.
        tell: gets a line of progress now and then.
        go_on: asked before each run; when it says no, what was measured so far is the result.
        abandon: gets the threads that a failed run has left behind.

    A contender that loses an event or raises gets no more runs, and its figures do not count.

    Raises:
        GilError: something switched the GIL on.
    """
    wanted = None if only is None else set(only)
    chosen = [each for each in scenario.contenders if wanted is None or each.name in wanted]
    result = ScenarioResult(scenario.name, scenario.topology, scenario.figure, absent=dict(scenario.absent))
    result.contenders = [ContenderResult(each.name, each.role, each.series, each.x) for each in chosen]
    pairs = list(zip(chosen, result.contenders, strict=True))
    gil_before = gil_is_on()
    for contender, measured in pairs:
        if not go_on():
            return result
        tell(f"{scenario.name}: warming up {contender.name}")
        _attempt(contender, measured, lambda contender: _warm_up(contender, settings), abandon)
    for number in range(settings.runs):
        for contender, measured in pairs:
            if not go_on():
                return result
            tell(f"{scenario.name}: run {number + 1} of {settings.runs}, {contender.name}")
            count = measured.count
            run = _attempt(contender, measured, lambda contender, count=count: (count, contender.body(count)), abandon)  # type: ignore[misc]
            if run is not None:
                measured.runs.append(run)
            if gil_is_on() and not gil_before:
                raise GilError(f"the GIL is on after {scenario.name}, {contender.name}; nothing measured after it counts")
    return result


def _attempt(
    contender: Contender, measured: ContenderResult, measure: Callable[[Contender], tuple[int, Run]], abandon: Abandon
) -> Run | None:
    """Measure, unless the contender has failed before; note its count, or why it fails now."""
    if measured.failure is not None:
        return None
    gc.collect()
    before = set(threading.enumerate())
    try:
        measured.count, run = measure(contender)
    except Exception as error:
        measured.failure = f"{type(error).__name__}: {error}"
        measured.runs.clear()
        abandon(set(threading.enumerate()) - before)
        return None
    return run


def _warm_up(contender: Contender, settings: Settings) -> tuple[int, Run]:
    """How many events make a run of the wanted length, and the last run that told.

    Ends: each turn but the last at least doubles the count, up to the contender's most.
    """
    if settings.fixed_count is not None:
        return settings.fixed_count, contender.body(settings.fixed_count)
    if contender.rate is not None:
        paced = max(10, int(contender.rate * settings.seconds))
        return paced, contender.body(paced)
    count = min(FEWEST, contender.most)
    while True:
        needed, run = _timed(contender, count)
        if needed >= settings.seconds / 2:  # a second look: the first one may have met a busy moment
            again, run = _timed(contender, count)
            needed = min(needed, again)
        wanted = int(count * settings.seconds / needed)
        if needed >= settings.seconds / 2 or count >= contender.most:
            return max(FEWEST, min(contender.most, wanted)), run
        count = min(contender.most, wanted, 20 * count)


def _timed(contender: Contender, count: int) -> tuple[float, Run]:
    begin = time.perf_counter()
    run = contender.body(count)
    return max(time.perf_counter() - begin, 1e-6), run
