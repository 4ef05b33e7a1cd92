"""The scheduler and its strategies: they find each fault, no false ones, and try each order."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from ringbuffer.testing.account import table
from ringbuffer.testing.attributes import SharedList
from ringbuffer.testing.exploring import switches
from ringbuffer.testing.outcomes import RunFailure, StuckRun
from ringbuffer.testing.scheduled_host import ScheduledCondition, ScheduledLock
from ringbuffer.testing.scheduled_memory import ScheduledCell
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.strategies import Exhaustive, First, RandomWalk, ReplayedChoices
from tests.schedules import report
from tests.schedules.explore import Scenario, explore, pct, run_once, sample, shrink
from tests.schedules.memory import Event
from tests.schedules.scenarios import SCENARIOS
from tests.schedules.world import World
from tests.support.repetition import repeated

Build = Callable[[World], None]


def scenario(build: Build) -> Scenario:
    return Scenario("test", "of the tests", build)


def adds(world: World) -> None:
    """Two tasks that load, add one and store: the classic lost update."""
    cell = world.memory.cell(0)

    def add() -> None:
        cell.store(cell.load() + 1)

    world.task("x", add)
    world.task("y", add)

    def check() -> None:
        assert cell.location.value == 2, "an update is lost"

    world.checks.append(check)


def adds_atomically(world: World) -> None:
    cell = world.memory.cell(0)
    for name in "xyz":
        world.task(name, lambda: cell.fetch_add(1))

    def check() -> None:
        assert cell.location.value == 3

    world.checks.append(check)


def crossed_locks(world: World) -> None:
    first, second = world.host.lock(), world.host.lock()

    def take(one: ScheduledLock, other: ScheduledLock) -> None:
        with one, other:
            pass

    world.task("x", lambda: take(first, second))
    world.task("y", lambda: take(second, first))


def lost_wake_up(world: World) -> None:
    """It looks before it takes the lock."""
    condition, flag = world.host.condition(), world.memory.cell(0)

    def wait() -> None:
        if not flag.load():
            with condition:
                condition.wait()

    world.task("waiter", wait)
    world.task("signaller", lambda: raise_flag(flag, condition))


def right_wake_up(world: World) -> None:
    condition, flag = world.host.condition(), world.memory.cell(0)

    def wait() -> None:
        with condition:
            while not flag.load():
                condition.wait()

    world.task("waiter", wait)
    world.task("other", wait)
    world.task("signaller", lambda: raise_flag(flag, condition))


def raise_flag(flag: ScheduledCell, condition: ScheduledCondition) -> None:
    flag.store(1)
    with condition:
        condition.notify_all()


def unordered_slot(world: World) -> None:
    """The reader comes after the writer, and nothing says so."""
    event = Event(world.memory, 0)
    world.task("writer", lambda: event.write(7))
    world.task("reader", event.read)


def ordered_slot(world: World) -> None:
    event, published = Event(world.memory, 0), world.memory.cell(0)

    def write() -> None:
        event.write(7)
        published.store(1)

    def read() -> None:
        while not published.load():
            pass
        assert event.read() == 7

    world.task("writer", write)
    world.task("reader", read)


def spins_forever(world: World) -> None:
    cell = world.memory.cell(0)

    def spin() -> None:
        while not cell.load():
            pass

    world.task("x", spin)


@pytest.mark.parametrize(
    ("build", "kind", "says"),
    [
        (adds, AssertionError, "an update is lost"),
        (
            crossed_locks,
            StuckRun,
            "no task can continue: x before lock lock 2; y before lock lock 1",
        ),
        (lost_wake_up, StuckRun, "no task can continue: waiter before wake condition 1"),
        (unordered_slot, RunFailure, "er may be "),
        (spins_forever, StuckRun, "no task can continue: x before load cell 1"),
    ],
)
def test_what_is_wrong_is_found(build: Build, kind: type[Exception], says: str) -> None:
    found = explore(scenario(build), 1).found
    assert found is not None
    assert isinstance(found.error, kind)
    assert says in str(found.error)


@pytest.mark.parametrize("build", [adds_atomically, right_wake_up, ordered_slot])
def test_what_is_right_is_explored_to_the_end(build: Build) -> None:
    outcome = explore(scenario(build), 5)
    assert outcome.found is None
    assert outcome.complete
    assert sample(scenario(build), 50, pct(3)).found is None


def test_no_order_of_steps_is_left_out() -> None:
    """Two tasks of two stores each: a third word shows which of the six orders was taken."""
    seen: set[tuple[int, ...]] = set()

    def build(world: World) -> None:
        cell, trace = world.memory.cell(0), []

        def store(*values: int) -> None:
            for value in values:
                cell.store(value)
                trace.append(value)

        world.task("x", lambda: store(1, 2))
        world.task("y", lambda: store(3, 4))
        world.checks.append(lambda: seen.add(tuple(trace)))

    strategy = Exhaustive()
    while strategy.next_run():
        # Here every run is to be made, also those that come to the same state
        strategy.visited.clear()
        assert run_once(scenario(build), strategy, None)[1] is None
    orders = itertools.permutations((1, 2, 3, 4))
    assert seen == {
        order for order in orders if comes_before(order, 1, 2) and comes_before(order, 3, 4)
    }


def comes_before(order: tuple[int, ...], first: int, second: int) -> bool:
    return order.index(first) < order.index(second)


@pytest.mark.parametrize(
    "name",
    [
        "death",
        pytest.param("multi-ones", marks=pytest.mark.verify),
        pytest.param("wait-lite", marks=pytest.mark.verify),
    ],
)
def test_the_reduction_loses_no_outcome(name: str) -> None:
    """Every state that some run at random comes to is a state that the exploration has come to."""
    outcomes: set[tuple[object, ...]] = set()
    original = SCENARIOS[name]

    def build(world: World) -> None:
        original.build(world)
        world.checks.append(
            lambda: outcomes.add(
                tuple(sorted((who, tuple(what)) for who, what in world.handled.items()))
            )
        )

    assert explore(scenario(build), 1).complete
    explored = set(outcomes)
    for seed in range(100):
        assert run_once(scenario(build), RandomWalk(seed, 0.9), None)[1] is None
    assert outcomes == explored


def test_a_schedule_is_the_same_when_it_is_run_again() -> None:
    first, _ = run_once(SCENARIOS["multi"], RandomWalk(3), None, keep_steps=True)
    again, _ = run_once(SCENARIOS["multi"], ReplayedChoices(first.choices), None, keep_steps=True)
    assert first.steps == again.steps
    assert first.fingerprint() == again.fingerprint()


def test_a_failing_schedule_is_shrunk_kept_and_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    failing = scenario(adds)
    outcome = explore(failing, 2)
    choices, steps, error = shrink(outcome)
    assert switches(choices) <= 2
    path = report.save(outcome, choices)
    again, steps_again, error_again = report.replay(path, {"test": failing})
    assert again is failing
    assert steps_again == steps
    assert type(error_again) is type(error)
    text = table(steps)
    assert "cell 1 = 0" in text
    assert "cell 1 := 1" in text


def test_a_wait_with_a_limit_ends_when_no_task_can_continue() -> None:
    results: list[bool] = []

    def build(world: World) -> None:
        event = world.host.event()
        world.task("x", lambda: results.append(event.wait(2.0)))

    scheduler, error = run_once(scenario(build), First(), None)
    assert error is None
    assert results == [False]
    assert scheduler.clock >= 2.0


def test_the_thread_that_sets_up_a_scenario_takes_no_turns() -> None:
    scheduler = Scheduler(First())
    world = World(scheduler)
    with world.host.lock():
        world.memory.cell(0).store(1)
    scheduler.spawn(lambda: None, "x")
    scheduler.run()
    assert scheduler.choices == []


@repeated(1, 3)
def test_every_scenario_is_right_at_random(times: int) -> None:
    for each in SCENARIOS.values():
        for seed in range(times):
            _, error = run_once(each, RandomWalk(seed), None)
            assert error is None, f"{each.name}, seed {seed}: {error}"


def test_a_task_that_spins_with_a_read_modify_write_in_its_loop_gives_the_turn_away() -> None:
    """The strategy must not take this for a repeated state, and must follow the run to its end."""
    ends: list[int] = []

    def build(world: World) -> None:
        fence, flag = world.memory.cell(0), world.memory.cell(0)

        def spin() -> None:
            fence.fetch_add(0)
            while not flag.load():
                fence.fetch_add(0)

        def raise_it() -> None:
            fence.fetch_add(1)
            flag.store(1)

        world.task("x", spin)
        world.task("y", raise_it)
        world.checks.append(lambda: ends.append(1))

    strategy = Exhaustive(0)
    while strategy.next_run():
        assert run_once(scenario(build), strategy, None)[1] is None
    assert len(ends) >= 2, "x first, and y first"


def test_a_task_that_loads_a_word_twice_in_a_row_does_not_wait_for_a_write() -> None:
    """The strategy must not take it for a spinning task, and must try the orders of its loads."""
    order: list[str] = []

    def build(world: World) -> None:
        word, other = world.memory.cell(0), world.memory.cell(0)

        def look() -> None:
            for each in (other, word, word, other):
                each.load()
            order.append("x")

        def write() -> None:
            word.store(1)
            order.append("y")

        world.task("x", look)
        world.task("y", write)

    assert run_once(scenario(build), First(), None)[1] is None
    assert order == ["x", "y"]


class Counted:
    """Something with an ordinary attribute."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


def test_an_attribute_that_is_shared_is_a_place_of_its_own() -> None:
    made: list[Counted] = []

    def build(world: World, is_shared: bool) -> None:
        counted = Counted()
        made.append(counted)
        if is_shared:
            world.share(counted, "count", "count")

        def add() -> None:
            counted.count = counted.count + 1

        world.task("x", add)
        world.task("y", add)

        def check() -> None:
            assert counted.count == 2, "an update is lost"

        world.checks.append(check)

    assert explore(scenario(lambda world: build(world, False)), 2).found is None
    found = explore(scenario(lambda world: build(world, True)), 2).found
    assert found is not None
    assert "an update is lost" in str(found.error)
    assert isinstance(made[-1], Counted)


def test_a_copy_of_a_shared_list_may_come_before_an_append() -> None:
    seen: set[int] = set()

    def build(world: World) -> None:
        shared = SharedList(world.scheduler, "list")
        world.task("x", lambda: shared.append("item"))
        world.task("y", lambda: seen.add(len(shared.copy())))

    strategy = Exhaustive(0)
    while strategy.next_run():
        assert run_once(scenario(build), strategy, None)[1] is None
    assert seen == {0, 1}
