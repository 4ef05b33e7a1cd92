"""Each access to a variable of a closure is a step."""

from collections.abc import Callable

from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.strategies import First, RandomWalk
from tests.schedules.variables import each_access, kinds_of_lines
from tests.schedules.world import World


def counter() -> tuple[Callable[[], int], Callable[[], int]]:
    """Adds one; and loads the count."""
    count = 0

    def add() -> int:
        nonlocal count
        before = 2 * count
        count = count + 1
        return before

    def look() -> int:
        return count

    return add, look


def steps_of(*tasks: Callable[[], object], seed: int | None = None) -> list[Step]:
    """The steps of one run."""
    strategy = First() if seed is None else RandomWalk(seed)
    scheduler = Scheduler(strategy, keep_steps=True)
    world = World(scheduler)

    def traced(task: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            with each_access(world, __name__, "count"):
                task()

        return run

    for number, task in enumerate(tasks):
        world.task(f"t{number}", traced(task))
    scheduler.run()
    assert scheduler.steps is not None
    return scheduler.steps


def test_a_line_stores_the_variable_or_only_loads_it() -> None:
    add, look = counter()
    first = add.__code__.co_firstlineno
    assert kinds_of_lines(add.__code__, "count") == {first + 2: "load", first + 3: "store"}
    assert list(kinds_of_lines(look.__code__, "count").values()) == ["load"]
    assert kinds_of_lines(counter.__code__, "count") == {}


def test_each_access_is_a_step_with_what_was_loaded_or_stored() -> None:
    add, look = counter()
    assert steps_of(lambda: (add(), look())) == [
        Step("t0", "load", "count", 0),
        Step("t0", "store", "count", 1),
        Step("t0", "load", "count", 1),
    ]


def test_another_task_may_go_on_before_each_access() -> None:
    found = set[int]()
    for seed in range(30):
        add, look = counter()
        (loaded,) = (step.value for step in steps_of(add, look, seed=seed) if step.task == "t1")
        found.add(loaded)
    assert found == {0, 1}
