"""`explore`: runs a scenario under every schedule up to a bound; `replay`: under one of them."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from ringbuffer.checks import Duration, check_can_be_called, check_duration, check_integer
from ringbuffer.testing.exploring import (
    Explored,
    FailingSchedule,
    explore_bound,
    explore_some,
    find_shared,
    shrink,
)
from ringbuffer.testing.failing import Exploration, FailingRun, ScheduleFailedError, text_of
from ringbuffer.testing.outcomes import RunFailure, Strategy
from ringbuffer.testing.quiet import quiet
from ringbuffer.testing.runs import Runs, Scenario
from ringbuffer.testing.strategies import Priorities, RandomWalk, ReplayedChoices
from ringbuffer.testing.this_thread import scheduler_of_this_thread

#: How long the first schedule of random priorities is taken to be, in steps.
LENGTH: Final = 200
#: How long a simpler schedule is sought than the first that fails, in seconds, in each of two ways.
SIMPLER: Final = 10.0


def explore(
    scenario: Scenario,
    *,
    preemptions: int = 1,
    seconds: Duration = 60,
    strategy: Literal["every", "random", "pct"] = "every",
    schedules: int = 1000,
    seed: int = 0,
    depth: int = 3,
    early_timeouts: int = 0,
    inside_library: bool = False,
    save_to: Path | str | None = None,
) -> Exploration:
    """Run a scenario under every schedule up to a bound, and fail if it fails under one of them.

    Call it in a test, in one thread. The scenario is called again for each schedule, in a thread of
    its own, and must do the same each time. It makes what it needs anew, publishes, closes what it
    has made, and asserts. The library's log is silent meanwhile.

    Args:
        scenario: a function of a `Schedule`.
        preemptions: the most in one schedule: switches away from a thread that could go on.
            Switches from a thread that waits or ends do not count.
        seconds: the most processor time. When it is used up, the result is not exhausted.
        strategy: "every" schedule within the bound; or `schedules` of them, by a "random" choice
            each time, or by random priorities that change `depth` times ("pct").
        schedules: how many to run at random.
        seed: of the first schedule at random; those of the next ones follow.
        depth: see `strategy`.
        early_timeouts: how often in one schedule a wait with a limit may time out although other
            threads could go on.
        inside_library: whether a thread may also lose its turn before each shared load of the
            library, not only at your points, and where the library hands events over. Schedules at
            random do that anyway.
        save_to: where to write a schedule that fails, for `replay`.

    Returns:
        How much was run.

    Raises:
        ScheduleFailedError: the scenario fails. Its account shows a schedule with few switches.
        TypeError, ValueError: an argument is wrong.
    """
    _check_scenario(scenario)
    check_integer("preemptions", preemptions, 0)
    limit = check_duration("seconds", seconds)
    check_integer("schedules", schedules, 1)
    check_integer("seed", seed)
    check_integer("depth", depth, 0)
    check_integer("early_timeouts", early_timeouts, 0)
    if strategy not in ("every", "random", "pct"):
        raise ValueError(f"strategy must be 'every', 'random' or 'pct', not {strategy!r}")
    runs = Runs(scenario, inside_library, early_timeouts)
    outcome = Explored()
    with quiet():
        if strategy == "every":
            _explore_every(runs, preemptions, limit, outcome)
        else:
            seeds = range(seed, seed + schedules)
            changes = depth if strategy == "pct" else None
            explore_some(runs, _at_random(outcome, changes, seeds), limit, outcome)
        is_exhausted = outcome.complete or (strategy != "every" and outcome.schedules == schedules)
        exploration = Exploration(
            strategy,
            preemptions,
            outcome.schedules,
            outcome.steps,
            outcome.states,
            outcome.seconds,
            outcome.found is None and is_exhausted,
        )
        if outcome.found is not None:
            error = _shrunk(runs, outcome.found, exploration)
            if save_to is not None:
                Path(save_to).write_text(f"{error.schedule}\n")
            raise error
    return exploration


def replay(scenario: Scenario, schedule: str | Path) -> None:
    """Run a scenario under one schedule again. It returns if the scenario does not fail any more.

    If the scenario or its handlers have changed, the schedule is followed as far as it fits.

    Args:
        scenario: the function that failed.
        schedule: `ScheduleFailedError.schedule`, or the path of the file that `explore` has
            written.

    Raises:
        ScheduleFailedError: it fails.
        ValueError: `schedule` is not a schedule.
    """
    _check_scenario(scenario)
    kept = FailingRun.from_text(text_of(schedule))
    runs = Runs(scenario, kept.inside_library, kept.early_timeouts)
    with quiet():
        scheduler, error = runs(ReplayedChoices(kept.choices), kept.points, keep_steps=True)
    if error is not None:
        raise ScheduleFailedError.of(
            error, scheduler.steps or [], scheduler.own_places(), kept.to_text(), None
        )


def _check_scenario(scenario: Scenario) -> None:
    """Check that a scenario can be run here.

    Raises:
        TypeError: it is not a plain function of one argument.
        RuntimeError: a scenario explores.
    """
    if not callable(scenario):
        raise TypeError(f"scenario must be a function of a Schedule, not {scenario!r}")
    if inspect.iscoroutinefunction(scenario):
        raise TypeError("scenario is a coroutine function: no schedule controls an event loop")
    check_can_be_called("scenario", scenario, 1)
    if scheduler_of_this_thread() is not None:
        raise RuntimeError("a scenario cannot explore: call `explore` in the test itself")


def _explore_every(runs: Runs, preemptions: int, limit: float, outcome: Explored) -> None:
    """Every schedule, those with fewer preemptions first: a failure of those is easier to read."""
    find_shared(runs, outcome)
    found, outcome.found = outcome.found, None
    if found is not None:
        limit = min(limit, SIMPLER)
    for bound in range(preemptions + 1):
        left = limit - outcome.seconds
        explore_bound(runs, bound, left, outcome, ends_early=False)
        if outcome.found is not None or not outcome.complete:
            break
    if outcome.found is None and found is not None:
        outcome.found = found


def _at_random(outcome: Explored, depth: int | None, seeds: range) -> Iterator[Strategy]:
    """A strategy for each seed; random priorities, if `depth` says how often they change."""
    for seed in seeds:
        if depth is None:
            yield RandomWalk(seed)
        else:
            taken = outcome.steps // outcome.schedules if outcome.schedules else LENGTH
            yield Priorities(seed, depth, max(1, taken))


def _shrunk(runs: Runs, found: FailingSchedule, exploration: Exploration) -> ScheduleFailedError:
    """The error for a failure, with a schedule of few switches."""
    error: BaseException = found.error
    choices = found.choices
    try:
        choices, _, error = shrink(runs, found, SIMPLER)
    except RunFailure as differs:
        found.error.add_note(
            f"{differs}. Does the scenario depend on time, chance, or an earlier run?"
        )
    scheduler, _ = runs(ReplayedChoices(choices), found.points, keep_steps=True)
    kept = FailingRun(choices, found.points, runs.inside_library, runs.early_timeouts)
    return ScheduleFailedError.of(
        error, scheduler.steps or [], scheduler.own_places(), kept.to_text(), exploration
    )
