"""Runs scenarios: every contender once, then every contender again: A B C A B C ...

The runs are interleaved, so a change of the machine, such as another load or another clock rate,
affects all contenders alike. Then the ratio of run i to run i is meaningful. Before the runs, each
contender is warmed up. The warm-up also finds how many events make a run of the wanted length.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ringbuffer.programs.bench.results import ContenderResult, ScenarioResult
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.interpreter import gil_is_on

#: Handles the threads that a failed run has left behind. Without it they stay, and may disturb
#: later runs.
type Abandon = Callable[[Iterable[threading.Thread]], object]

#: Events of the first warm-up, and the fewest of any run.
FEWEST: Final = 1_000


class GilError(RuntimeError):
    """The GIL was switched on, which makes every later measurement useless."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a measurement.

    Attributes:
        runs: the number of runs of each contender, interleaved.
        seconds: the approximate time of one run.
        fixed_count: the number of events in every run, whatever its length; None determines it in
            the warm-up.
    """

    runs: int = 7
    seconds: float = 0.5
    fixed_count: int | None = None

    def __post_init__(self) -> None:
        if self.runs < 1 or self.seconds <= 0:
            raise ValueError(
                f"runs and seconds must be positive, not {self.runs} and {self.seconds}"
            )


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
        scenario: the scenario.
        settings: the settings.
        only: the contenders to run; None runs all.
        tell: receives a line of progress from time to time.
        go_on: called before each run; if it returns False, the result has the runs so far.
        abandon: receives the threads that a failed run has left behind.

    A contender that loses an event or raises gets no more runs, and its figures do not count.

    Raises:
        GilError: a contender switched the GIL on.
    """
    wanted = None if only is None else set(only)
    chosen = [each for each in scenario.contenders if wanted is None or each.name in wanted]
    result = ScenarioResult(
        scenario.name, scenario.topology, scenario.figure, absent=dict(scenario.absent)
    )
    result.contenders = [
        ContenderResult(each.name, each.role, each.series, each.x) for each in chosen
    ]
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
            run = _attempt(
                contender,
                measured,
                lambda contender, count=count: (count, contender.body(count)),  # type: ignore[misc]
                abandon,
            )
            if run is not None:
                measured.runs.append(run)
            if gil_is_on() and not gil_before:
                raise GilError(
                    f"the GIL is on after {scenario.name}, {contender.name}; "
                    f"later measurements do not count"
                )
    return result


def _attempt(
    contender: Contender,
    measured: ContenderResult,
    measure: Callable[[Contender], tuple[int, Measurement]],
    abandon: Abandon,
) -> Measurement | None:
    """Measure, unless the contender has failed before. Record its count, or its failure."""
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


def _warm_up(contender: Contender, settings: Settings) -> tuple[int, Measurement]:
    """Returns how many events make a run of the wanted length, and the last run.

    Terminates because each iteration but the last at least doubles the count, up to the
    contender's maximum.
    """
    if settings.fixed_count is not None:
        return settings.fixed_count, contender.body(settings.fixed_count)
    if contender.rate is not None:
        paced = max(10, int(contender.rate * settings.seconds))
        return paced, contender.body(paced)
    count = min(FEWEST, contender.most)
    while True:
        needed, run = _timed(contender, count)
        # Measure twice: the machine may have been busy the first time
        if needed >= settings.seconds / 2:
            again, run = _timed(contender, count)
            needed = min(needed, again)
        wanted = int(count * settings.seconds / needed)
        if needed >= settings.seconds / 2 or count >= contender.most:
            return max(FEWEST, min(contender.most, wanted)), run
        count = min(contender.most, wanted, 20 * count)


def _timed(contender: Contender, count: int) -> tuple[float, Measurement]:
    begin = time.perf_counter()
    run = contender.body(count)
    return max(time.perf_counter() - begin, 1e-6), run
