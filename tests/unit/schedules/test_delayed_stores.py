"""Delayed stores: each machine shows the outcomes it allows, and no others.

The library is correct anyway.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from ringbuffer.testing.account import table
from ringbuffer.testing.buffers import STRONG, Machine, StoreOrder
from ringbuffer.testing.scheduled_memory import ScheduledCell
from ringbuffer.testing.strategies import RandomWalk
from tests.schedules import report
from tests.schedules.explore import Scenario, explore, pct, run_once, sample, shrink
from tests.schedules.scenarios import DELAYED, NEEDED, SCENARIOS
from tests.schedules.world import World

Build = Callable[[World], None]
Store = Callable[[ScheduledCell, int], object]
TSO, WEAK, RELAXED = (
    Machine(order, 1) for order in (StoreOrder.TSO, StoreOrder.WEAK, StoreOrder.RELAXED)
)
MACHINES = {"sc": STRONG, "tso": TSO, "weak": WEAK, "relaxed": RELAXED}


def scenario(build: Build) -> Scenario:
    return Scenario("test", "of the tests", build)


def looks_at_each_other(store: Store) -> Build:
    """Each task stores, and then loads the other's word: one must find the other's store."""

    def build(world: World) -> None:
        x, y = world.memory.cell(0), world.memory.cell(0)
        found: list[int] = []

        def announce(mine: ScheduledCell, other: ScheduledCell) -> None:
            store(mine, 1)
            found.append(other.load())

        world.task("x", lambda: announce(x, y))
        world.task("y", lambda: announce(y, x))

        def check() -> None:
            assert any(found), "neither has seen the other"

        world.checks.append(check)

    return build


def passes_and_looks(*fence_locks: int) -> Callable[[World], None]:
    """Each of two announces itself, passes its fence lock, and looks for the other."""

    def build(world: World) -> None:
        x, y, found = world.memory.cell(0), world.memory.cell(0), list[int]()
        there = [world.memory.fence_lock() for _ in fence_locks]

        def announce(own: ScheduledCell, number: int, other: ScheduledCell) -> None:
            own.store(1)
            there[number][0] = None
            found.append(other.load())

        world.task("x", lambda: announce(x, fence_locks[0], y))
        world.task("y", lambda: announce(y, fence_locks[1], x))

        def check() -> None:
            assert any(found), "neither has seen the other"

        world.checks.append(check)

    return build


def hands_over(world: World) -> None:
    """One writes a field and publishes it; the other sees what is published and reads the field."""
    field, published = world.memory.field("field"), world.memory.cell(0)

    def write() -> None:
        field.store(7)
        published.store(1)

    def read() -> None:
        if published.load():
            assert field.load() == 7, "published, and not written"

    world.task("writer", write)
    world.task("reader", read)


def sees_itself(world: World) -> None:
    cell = world.memory.cell(0)

    def store_and_load() -> None:
        cell.store(1)
        assert cell.load() == 1
        cell.store(2)
        assert cell.load() == 2

    def look() -> None:
        seen = [cell.load(), cell.load(), cell.load()]
        assert seen == sorted(seen), "one word has gone back"

    world.task("x", store_and_load)
    world.task("y", look)

    def check() -> None:
        assert cell.location.value == 2

    world.checks.append(check)


@pytest.mark.parametrize(
    ("machine", "comes_out"), [("sc", False), ("tso", True), ("weak", True), ("relaxed", True)]
)
def test_a_store_waits_in_its_buffer_while_its_task_loads(machine: str, comes_out: bool) -> None:
    outcome = explore(
        scenario(looks_at_each_other(ScheduledCell.store)), 2, machine=MACHINES[machine]
    )
    assert (outcome.found is not None) == comes_out
    assert comes_out or outcome.complete


@pytest.mark.parametrize("machine", MACHINES)
def test_a_read_modify_write_does_not_wait_in_a_buffer(machine: str) -> None:
    outcome = explore(
        scenario(looks_at_each_other(ScheduledCell.exchange)), 2, machine=MACHINES[machine]
    )
    assert outcome.found is None
    assert outcome.complete


@pytest.mark.parametrize("machine", ["sc", "tso", "weak"])
def test_of_two_threads_that_pass_one_fence_lock_the_second_sees_the_first(machine: str) -> None:
    outcome = explore(scenario(passes_and_looks(0, 0)), 2, machine=MACHINES[machine])
    assert outcome.found is None
    assert outcome.complete


@pytest.mark.parametrize(("machine", "comes_out"), [("sc", False), ("tso", True), ("weak", True)])
def test_two_different_fence_locks_order_nothing(machine: str, comes_out: bool) -> None:
    outcome = explore(scenario(passes_and_looks(0, 1)), 2, machine=MACHINES[machine])
    assert (outcome.found is not None) == comes_out


@pytest.mark.parametrize(
    ("machine", "comes_out"), [("sc", False), ("tso", False), ("weak", False), ("relaxed", True)]
)
def test_a_release_comes_after_what_was_stored_before_it(machine: str, comes_out: bool) -> None:
    outcome = explore(scenario(hands_over), 2, machine=MACHINES[machine])
    assert (outcome.found is not None) == comes_out
    assert comes_out or outcome.complete


@pytest.mark.parametrize("machine", MACHINES)
def test_a_task_sees_its_own_stores_and_one_word_never_goes_back(machine: str) -> None:
    order = MACHINES[machine].order
    outcome = explore(
        scenario(sees_itself), 2, machine=Machine(order, 0 if order is StoreOrder.SC else 2)
    )
    assert outcome.found is None
    assert outcome.complete


@pytest.mark.parametrize("name", ["hand-over", "torn", "gate"])
@pytest.mark.parametrize("machine", ["tso", "weak"])
def test_to_ask_for_releases_is_sufficient(name: str, machine: str) -> None:
    outcome = explore(SCENARIOS[name], 0, machine=MACHINES[machine])
    assert outcome.found is None
    assert outcome.complete


@pytest.mark.parametrize("name", NEEDED)
def test_releases_are_needed(name: str) -> None:
    assert explore(SCENARIOS[name], 0, machine=RELAXED).found is not None


@pytest.mark.parametrize("machine", ["tso", "weak"])
def test_what_is_explored_with_delays_is_right_at_random_too(machine: str) -> None:
    many = Machine(MACHINES[machine].order, 1_000)
    for name in DELAYED:
        for outcome in (
            sample(SCENARIOS[name], 3, RandomWalk, many),
            sample(SCENARIOS[name], 3, pct(3), many),
        ):
            assert outcome.found is None, f"{name}, {outcome.how}: {outcome.found}"


def test_a_schedule_with_delays_is_shrunk_kept_and_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    failing = scenario(looks_at_each_other(ScheduledCell.store))
    outcome = explore(failing, 1, machine=TSO)
    choices, steps, error = shrink(outcome)
    _, steps_again, error_again = report.replay(report.save(outcome, choices), {"test": failing})
    assert steps_again == steps
    assert str(error_again) == str(error)
    text = table(steps)
    assert "late: cell" in text
    assert "drain: cell" in text


def test_a_seed_is_a_schedule() -> None:
    first, _ = run_once(SCENARIOS["hand-over-multi"], RandomWalk(5), None, True, TSO)
    again, _ = run_once(SCENARIOS["hand-over-multi"], RandomWalk(5), None, True, TSO)
    assert first.steps == again.steps
