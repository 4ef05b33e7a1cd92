"""Runs something under every schedule up to a bound, or at random, and shrinks a failing schedule.

The caller gives a function that makes one run with a strategy. At first nothing is taken to
be shared. Whenever a run shows that something is, the exploration starts again with a turn for the
others before each access to it. So in the end every access that could matter is one.
"""

import gc
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from ringbuffer.testing.outcomes import RunFailure, Step, Strategy
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.strategies import Exhaustive, RandomWalk, ReplayedChoices

#: So many runs at random come first: they show what is shared.
FIRST_RUNS: Final = 10
#: After so many runs, their cycles of garbage are collected. Within a run it would call finalizers.
COLLECT_AFTER: Final = 100


class RunOnce(Protocol):
    """Makes one run; returns its scheduler, and what went wrong, if anything did."""

    def __call__(
        self, strategy: Strategy, points: frozenset[str] | None, keep_steps: bool = False
    ) -> tuple[Scheduler, BaseException | None]:
        """Make one run."""
        ...


@dataclass
class FailingSchedule:
    """A failure, and the schedule that shows it."""

    error: BaseException
    choices: list[int]
    points: frozenset[str] | None


@dataclass
class Explored:
    """What came out of an exploration.

    Attributes:
        schedules: how many were run.
        steps: how many were taken in all.
        states: different states in which there was a choice, and
        edges: different choices in them; 0 where the schedules were random.
        seconds: of processor time.
        complete: whether nothing within the bounds is left.
        found: what went wrong, if anything.
        points: what is shared.
    """

    schedules: int = 0
    steps: int = 0
    states: int = 0
    edges: int = 0
    seconds: float = 0.0
    complete: bool = False
    found: FailingSchedule | None = None
    points: set[str] = field(default_factory=set)


def shared(scheduler: Scheduler) -> set[str]:
    """What at least two tasks use, and one writes: the order of other accesses does not matter."""
    used = (each for each in scheduler.locations if each.written and each.users & (each.users - 1))
    return {each.name for each in used}


def explore_all(
    run: RunOnce,
    preemptions: int,
    seconds: float,
    outcome: Explored,
    *,
    shared: Callable[[Scheduler], set[str]] = shared,
) -> None:
    """Every schedule with at most so many preemptions, unless the time is used up.

    Args:
        run: makes one run.
        preemptions: the bound.
        seconds: of processor time of this process. So how much is explored does not depend on what
            else runs on the machine.
        outcome: what is counted and found goes there.
        shared: what a run has shown to be shared.
    """
    find_shared(run, outcome, shared)
    if outcome.found is None:
        explore_bound(run, preemptions, seconds - outcome.seconds, outcome, shared=shared)


def find_shared(
    run: RunOnce, outcome: Explored, shared: Callable[[Scheduler], set[str]] = shared
) -> None:
    """A few schedules at random, in which everything is a point: they show what is shared."""
    with _measured(outcome):
        any(not _note(outcome, *run(RandomWalk(n), None), None, shared) for n in range(FIRST_RUNS))


def explore_bound(
    run: RunOnce,
    preemptions: int,
    seconds: float,
    outcome: Explored,
    *,
    shared: Callable[[Scheduler], set[str]] = shared,
    ends_early: bool = True,
) -> None:
    """Every schedule with at most so many preemptions, with turns at what is known to be shared.

    Args: see `explore_all`, and for `ends_early` see `Exhaustive`.
    """
    outcome.complete = False
    with _measured(outcome) as used:
        _explore_bound(run, preemptions, lambda: used() > seconds, outcome, shared, ends_early)


def _explore_bound(
    run: RunOnce,
    preemptions: int,
    is_late: Callable[[], bool],
    outcome: Explored,
    shared: Callable[[Scheduler], set[str]],
    ends_early: bool,
) -> None:
    has_grown = True
    # Terminates because a scenario has finitely many places to share.
    while has_grown:
        has_grown = False
        strategy = Exhaustive(preemptions, ends_early=ends_early)
        points = frozenset(outcome.points)
        while strategy.next_run():
            scheduler, error = run(strategy, points)
            outcome.steps += scheduler.count
            outcome.states, outcome.edges = len(strategy.visited), len(strategy.edges)
            if not _note(outcome, scheduler, error, points, shared):
                return
            if outcome.points > points:
                has_grown = True
                break
            if is_late():
                return
    outcome.complete = True


def explore_some(
    run: RunOnce,
    strategies: Iterable[Strategy],
    seconds: float,
    outcome: Explored,
    points: frozenset[str] | None = None,
) -> None:
    """A schedule by each of these strategies, unless the time is used up."""
    with _measured(outcome) as used:
        _explore_some(run, strategies, lambda: used() > seconds, outcome, points)


def _explore_some(
    run: RunOnce,
    strategies: Iterable[Strategy],
    is_late: Callable[[], bool],
    outcome: Explored,
    points: frozenset[str] | None,
) -> None:
    for strategy in strategies:
        scheduler, error = run(strategy, points)
        outcome.steps += scheduler.count
        if not _note(outcome, scheduler, error, points, shared) or is_late():
            return


def _note(
    outcome: Explored,
    scheduler: Scheduler,
    error: BaseException | None,
    points: frozenset[str] | None,
    shared: Callable[[Scheduler], set[str]],
) -> bool:
    """Count a run; return whether nothing went wrong in it."""
    outcome.schedules += 1
    outcome.points |= shared(scheduler)
    if error is not None:
        outcome.found = FailingSchedule(error, scheduler.choices, points)
        return False
    if outcome.schedules % COLLECT_AFTER == 0:
        gc.collect()
    return True


@contextmanager
def _measured(outcome: Explored) -> Iterator[Callable[[], float]]:
    """Count the processor time; no garbage is collected in the middle of a run."""
    started, was_enabled = time.process_time(), gc.isenabled()

    def used() -> float:
        return time.process_time() - started

    gc.disable()
    try:
        yield used
    finally:
        if was_enabled:
            gc.enable()
        outcome.seconds += used()


def shrink(
    run: RunOnce, found: FailingSchedule, seconds: float = 1e9
) -> tuple[list[int], list[Step], BaseException]:
    """A schedule that fails in the same way with fewer switches; its steps, and its error.

    Args:
        run: makes one run.
        found: the failure.
        seconds: the most processor time; the best schedule that was found until then is returned.

    Raises:
        RunFailure: the schedule does not fail when it is run again.
    """
    until = time.process_time() + seconds
    choices, error = found.choices, found.error

    def fails(candidate: list[int]) -> tuple[list[int], list[Step], BaseException] | None:
        scheduler, other = run(ReplayedChoices(candidate), found.points, True)
        if other is None or type(other) is not type(error):
            return None
        return scheduler.choices, scheduler.steps or [], other

    best = fails(choices)
    if best is None:
        raise RunFailure(
            f"the schedule does not fail when it is run again; it did with {error!r}"
        ) from error
    is_smaller = True
    # Terminates because each round but the last has fewer switches than the one before.
    while is_smaller:
        is_smaller, cut = False, 0
        while (cut := cut + 1) < len(best[0]) and time.process_time() < until:
            if best[0][cut] == best[0][cut - 1]:
                continue
            # One switch fewer: the task before it goes on for one more choice.
            candidate = [*best[0][:cut], best[0][cut - 1], *best[0][cut + 1 :]]
            shorter = fails(candidate)
            if shorter is not None and switches(shorter[0]) < switches(best[0]):
                best, is_smaller = shorter, True
    return best


def switches(choices: list[int]) -> int:
    """How often the turn is given to another task."""
    return sum(before != after for before, after in itertools.pairwise(choices))
