"""Runs a scenario under every schedule up to a bound, or at random; finds and shrinks a failure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ringbuffer.testing import exploring
from ringbuffer.testing.buffers import STRONG, Machine
from ringbuffer.testing.exploring import Explored, RunOnce, explore_all, explore_some
from ringbuffer.testing.outcomes import Pruned, Step, Strategy
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.strategies import Priorities
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
class ExplorationResult(Explored):
    """What came out of an exploration.

    Attributes:
        scenario: which was explored.
        how: every schedule with at most so many preemptions, or so many at random.
        machine: what memory was like.
    """

    scenario: Scenario = field(kw_only=True)
    how: str = field(kw_only=True)
    machine: Machine = field(kw_only=True, default=STRONG)


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
    """What tasks share, without the slots: see `Event`. Unless what slots hold is delayed."""
    return {
        name
        for name in exploring.shared(scheduler)
        if scheduler.order.delays_slots or not name.startswith("slot ")
    }


def runs_of(scenario: Scenario, machine: Machine) -> RunOnce:
    """Runs of a scenario."""

    def run(
        strategy: Strategy, points: frozenset[str] | None, keep_steps: bool = False
    ) -> tuple[Scheduler, BaseException | None]:
        return run_once(scenario, strategy, points, keep_steps, machine)

    return run


def explore(
    scenario: Scenario, preemptions: int, seconds: float = 1e9, machine: Machine = STRONG
) -> ExplorationResult:
    """Every schedule with at most so many preemptions, unless the processor time is used up."""
    outcome = ExplorationResult(
        scenario=scenario, how=f"preemptions {preemptions}", machine=machine
    )
    explore_all(runs_of(scenario, machine), preemptions, seconds, outcome, shared=shared)
    return outcome


def sample(
    scenario: Scenario,
    schedules: int,
    strategy: Callable[[int], Strategy],
    machine: Machine = STRONG,
    seed: int = 0,
) -> ExplorationResult:
    """So many schedules at random, with a strategy for each seed, from the first on."""
    outcome = ExplorationResult(scenario=scenario, how=f"seeds from {seed}", machine=machine)
    strategies = map(strategy, range(seed, seed + schedules))
    explore_some(runs_of(scenario, machine), strategies, 1e9, outcome)
    if outcome.found is not None:
        outcome.how = f"seed {seed + outcome.schedules - 1}"
    return outcome


def pct(depth: int, length: int = 200) -> Callable[[int], Strategy]:
    """Random priorities that change so often, at steps before `length`; for each seed."""
    return lambda seed: Priorities(seed, depth, length)


def shrink(result: ExplorationResult) -> tuple[list[int], list[Step], BaseException]:
    """See `exploring.shrink`."""
    assert result.found is not None
    return exploring.shrink(runs_of(result.scenario, result.machine), result.found)
