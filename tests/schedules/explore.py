"""Runs a scenario under every schedule up to a bound, or at random; finds and shrinks a failure."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.schedules.buffers import STRONG, Machine
from tests.schedules.scheduler import Failure, Pruned, Scheduler, Step, Strategy
from tests.schedules.strategies import Exhaustive, Priorities, RandomWalk, Replay
from tests.schedules.world import World


@dataclass(frozen=True)
class Scenario:
    """A few threads that do something to production code.

    Attributes:
        name: of one word.
        says: what it is, in a line.
        build: makes the ring and the tasks in a world, and says what must be so afterwards.
        preemptions: the bound for `make verify`, and for `make explore`; `jobs` says which of them
        `make test` explores with a smaller one, or not at all.
        with_delays: the same where stores are delayed.
        early_timeouts: see `Scheduler`.
        max_steps: see `Scheduler`.
    """

    name: str
    says: str
    build: Callable[[World], None]
    preemptions: tuple[int, int] = (1, 2)
    with_delays: tuple[int, int] = (0, 1)
    early_timeouts: int = 0
    max_steps: int = 2_000


@dataclass
class Found:
    """A failure, and the schedule that shows it."""

    error: BaseException
    choices: list[int]
    points: frozenset[str] | None
    machine: Machine = STRONG


@dataclass
class ExplorationResult:
    """What came out of an exploration.

    Attributes:
        scenario: which was explored.
        how: every schedule with at most so many preemptions, or so many at random.
        machine: what memory was like.
        schedules: how many were run.
        steps: how many were taken in all.
        states: different states in which there was a choice, and
        edges: different choices in them; 0 where the schedules were random.
        seconds: of processor time.
        complete: whether nothing within the bounds is left.
        found: what went wrong, if anything.
        points: what is shared.
    """

    scenario: Scenario
    how: str
    machine: Machine = STRONG
    schedules: int = 0
    steps: int = 0
    states: int = 0
    edges: int = 0
    seconds: float = 0.0
    complete: bool = False
    found: Found | None = None
    points: set[str] = field(default_factory=set)


def run_once(
    scenario: Scenario,
    strategy: Strategy,
    points: frozenset[str] | None,
    keep_steps: bool = False,
    machine: Machine = STRONG,
) -> tuple[Scheduler, BaseException | None]:
    """One run; what went wrong in it, if anything."""
    scheduler = Scheduler(
        strategy,
        points=points,
        early_timeouts=scenario.early_timeouts,
        max_steps=scenario.max_steps,
        keep_steps=keep_steps,
        machine=machine,
    )
    world = World(scheduler)
    scenario.build(world)
    try:
        scheduler.run()
        for check in world.checks:
            check()
    except Pruned:
        return scheduler, None
    except Exception as error:
        return scheduler, error
    return scheduler, None


def shared(scheduler: Scheduler) -> set[str]:
    """What at least two tasks use, and one writes: the order of other accesses does not matter.

    Nor is it to the slots: whether their accesses are ordered is checked in any order, see `Event`.
    Unless they are delayed.
    """
    used = (each for each in scheduler.locations if each.written and each.users & (each.users - 1))
    return {
        each.name
        for each in used
        if scheduler.order.delays_slots or not each.name.startswith("slot ")
    }


def explore(
    scenario: Scenario, preemptions: int, seconds: float = 1e9, machine: Machine = STRONG
) -> ExplorationResult:
    """Every schedule with at most so many preemptions, unless the time is used up.

    `seconds` are processor time of this process: how much is explored does not depend on what else
    runs on the machine.

    At first nothing is taken to be shared. Whenever a run shows that something is, the exploration
    starts again with a turn for the others before each access to it; so in the end every access
    that could matter is one.
    """
    outcome = ExplorationResult(scenario, f"preemptions {preemptions}", machine)
    started = time.process_time()
    gc.disable()
    try:
        for seed in range(10):
            scheduler, error = run_once(scenario, RandomWalk(seed), None, machine=machine)
            outcome.schedules += 1
            outcome.points |= shared(scheduler)
            if error is not None:
                outcome.found = Found(error, scheduler.choices, None, machine)
                return outcome
        grown = True
        while grown:
            grown = False
            strategy = Exhaustive(preemptions)
            points = frozenset(outcome.points)
            while strategy.next_run():
                scheduler, error = run_once(scenario, strategy, points, machine=machine)
                outcome.schedules += 1
                outcome.steps += scheduler.count
                outcome.states, outcome.edges = len(strategy.visited), len(strategy.edges)
                if error is not None:
                    outcome.found = Found(error, scheduler.choices, points, machine)
                    return outcome
                if not shared(scheduler) <= outcome.points:
                    outcome.points |= shared(scheduler)
                    grown = True
                    break
                if outcome.schedules % 100 == 0:
                    gc.collect()
                if time.process_time() - started > seconds:
                    return outcome
        outcome.complete = True
        return outcome
    finally:
        gc.enable()
        outcome.seconds = time.process_time() - started


def sample(
    scenario: Scenario,
    schedules: int,
    strategy: Callable[[int], Strategy],
    machine: Machine = STRONG,
    seed: int = 0,
) -> ExplorationResult:
    """So many schedules at random, with a strategy for each seed, from the first on."""
    outcome = ExplorationResult(scenario, f"seeds from {seed}", machine)
    started = time.process_time()
    for each in range(seed, seed + schedules):
        scheduler, error = run_once(scenario, strategy(each), None, machine=machine)
        outcome.schedules += 1
        outcome.steps += scheduler.count
        if error is not None:
            outcome.how = f"seed {each}"
            outcome.found = Found(error, scheduler.choices, None, machine)
            break
    outcome.seconds = time.process_time() - started
    return outcome


def pct(depth: int, length: int = 200) -> Callable[[int], Strategy]:
    """Random priorities that change so often, at steps before `length`; for each seed."""
    return lambda seed: Priorities(seed, depth, length)


def shrink(scenario: Scenario, found: Found) -> tuple[list[int], list[Step], BaseException]:
    """A schedule that fails in the same way with fewer switches; its steps, and its error."""
    choices, error = found.choices, found.error

    def fails(candidate: list[int]) -> tuple[list[int], list[Step], BaseException] | None:
        scheduler, other = run_once(scenario, Replay(candidate), found.points, True, found.machine)
        if other is None or type(other) is not type(error):
            return None
        return scheduler.choices, scheduler.steps or [], other

    best = fails(choices)
    if best is None:
        raise Failure(
            f"the schedule does not fail when it is run again; it did with {error!r}"
        ) from error
    smaller = True
    while smaller:
        smaller = False
        for cut in range(1, len(best[0])):
            if best[0][cut] == best[0][cut - 1]:
                continue
            # One switch fewer: the task before it goes on for one more choice.
            candidate = [*best[0][:cut], best[0][cut - 1], *best[0][cut + 1 :]]
            shorter = fails(candidate)
            if shorter is not None and switches(shorter[0]) < switches(best[0]):
                best, smaller = shorter, True
                break
    return best


def switches(choices: list[int]) -> int:
    """How often the turn is given to another task."""
    return sum(before != after for before, after in zip(choices, choices[1:], strict=False))
