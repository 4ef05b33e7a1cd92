"""`ringbuffer.Queue`: puts and gets, waits for capacity and items, ends, limits, slices, tasks."""

import queue
from collections.abc import Callable
from typing import Any

from ringbuffer import Queue
from tests.schedules.explore import Scenario
from tests.schedules.memory import Event, stored
from tests.schedules.world import World


def new_queue(world: World, maxsize: int, yields: int = 0) -> Queue[Any]:
    made: Queue[Any] = Queue(maxsize, yields=yields, memory=world.memory, host=world.host)
    ring = made._ring
    world.name_cell(ring._tail, "tail")
    world.name_cell(ring._head, "head")
    world.name_cell(ring._closed, "closed")
    for lock, name in (
        (ring.putting.lock, "putting"),
        (ring.getting.lock, "getting"),
        (made._tasks.waiters.lock, "tasks"),
    ):
        named: Any = lock
        named.name = name
    return made


def whole(world: World, made: Queue[Any]) -> None:
    """Check the queue after the run: the slots between the sequences are full, all others empty."""

    def check() -> None:
        ring = made._ring
        slots = stored(ring.slots)
        there = {sequence & ring.mask for sequence in range(made.consumed + 1, made.published + 1)}
        for at, item in enumerate(slots):
            assert (item is not None) == (at in there), (
                f"slots {slots}, and {sorted(there)} should be full"
            )
            assert not ring.putting.waiting, "a task still waits for an item"
            assert not ring.getting.waiting, "a task still waits for free capacity"

    world.checks.append(check)


def written(world: World, number: int) -> Event:
    """An item that shows whether a task that reads it comes after the task that wrote it."""
    (event,) = world.memory.events((number,))
    event.write(number)
    return event


class Gets:
    """What the consumers got; every item at most once, the items of one producer in their order."""

    def __init__(self, world: World, expected: int | None = None) -> None:
        self.got: dict[str, list[int]] = {}

        def check() -> None:
            everything = sorted(number for numbers in self.got.values() for number in numbers)
            assert len(set(everything)) == len(everything), f"got twice: {self.got}"
            assert expected is None or len(everything) == expected, (
                f"got {self.got}, not {expected} items"
            )
            for numbers in self.got.values():
                for producer in {number // 10 for number in numbers}:
                    own = [number for number in numbers if number // 10 == producer]
                    assert own == sorted(own), f"out of order: {self.got}"

        world.checks.append(check)

    def note(self, name: str, *items: Event) -> None:
        self.got.setdefault(name, []).extend(item.read() for item in items)


def traffic(
    maxsize: int, puts: int, producers: int = 2, consumers: int = 2, yields: int = 0
) -> Callable[[World], None]:
    """Producers and consumers that wait for each other."""

    def build(world: World) -> None:
        made, gets = new_queue(world, maxsize, yields), Gets(world, producers * puts)

        def put(first: int) -> None:
            for number in range(first, first + puts):
                made.put(written(world, number))
                assert made.qsize() <= maxsize, "more items than maxsize"

        def get(name: str) -> None:
            for _ in range(producers * puts // consumers):
                gets.note(name, made.get())

        for number in range(producers):
            world.task("pq"[number], lambda first=10 * number: put(first))  # type: ignore[misc]
        for number in range(consumers):
            world.task("ab"[number], lambda name="ab"[number]: get(name))  # type: ignore[misc]
        whole(world, made)

    return build


def ended(consumers: str, immediate: bool) -> Callable[[World], None]:
    """A shutdown while a put waits for capacity, and gets for an item: all end, nothing is lost."""

    def build(world: World) -> None:
        made, gets = new_queue(world, 1), Gets(world)
        put: list[int] = []

        def produce(first: int) -> None:
            try:
                for number in (first, first + 1):
                    made.put(written(world, number))
                    put.append(number)
            except queue.ShutDown:
                pass

        def consume(name: str) -> None:
            try:
                while True:
                    gets.note(name, made.get())
                    made.task_done()
            except queue.ShutDown:
                assert made.is_shutdown

        world.task("p", lambda: produce(0))
        for each in consumers:
            world.task(each, lambda name=each: consume(name))  # type: ignore[misc]
        world.task("closer", lambda: made.shutdown(immediate))

        def check() -> None:
            taken = sum(map(len, gets.got.values()))
            assert made.published + 1 == len(put), (
                "what was refused is there, or what was put is not"
            )
            left = 0 if immediate else len(put) - taken
            assert made.qsize() == left
            assert not consumers or left == 0, "they ended before everything was taken"
            assert made.unfinished_tasks == left, (
                f"{made.unfinished_tasks} unfinished, and {left} items there"
            )

        world.checks.append(check)
        whole(world, made)

    return build


def limits(world: World) -> None:
    """A put and a get give up after a while: an item is put and taken, or neither."""
    made, gets = new_queue(world, 1), Gets(world)
    outcome: list[str] = []

    def put(number: int) -> None:
        try:
            made.put(written(world, number), timeout=5.0)
            outcome.append("put")
        except queue.Full:
            outcome.append("full")

    def get(name: str, timeout: float) -> None:
        try:
            gets.note(name, made.get(timeout=timeout))
            outcome.append("got")
        except queue.Empty:
            outcome.append("empty")

    world.task("p", lambda: put(0))
    world.task("q", lambda: put(10))
    world.task("a", lambda: get("a", 2.0))
    world.task("b", lambda: get("b", 7.0))

    def check() -> None:
        assert made.qsize() == outcome.count("put") - outcome.count("got"), (
            f"{outcome}, and {made.qsize()} are there"
        )
        assert outcome.count("full") == 0 or outcome.count("put") >= 1

    world.checks.append(check)
    whole(world, made)


def slices(maxsize: int, *batches: int) -> Callable[[World], None]:
    """Slices across the end of the ring, put by two and taken by one."""

    def build(world: World) -> None:
        made, gets = new_queue(world, maxsize), Gets(world, 2 * sum(batches))

        def put(first: int) -> None:
            for number in batches:
                assert made.put_many([written(world, first + at) for at in range(number)]) == number
                first += number

        def get() -> None:
            count = 0
            while count < 2 * sum(batches):
                items = made.get_many(3)
                assert 1 <= len(items) <= min(3, maxsize)
                gets.note("a", *items)
                count += len(items)

        world.task("p", lambda: put(0))
        world.task("q", lambda: put(10))
        world.task("a", get)
        whole(world, made)

    return build


def mixed(world: World) -> None:
    """One puts two at once, two wait for one each."""
    made, gets = new_queue(world, 2), Gets(world, 2)
    world.task("a", lambda: gets.note("a", made.get()))
    world.task("b", lambda: gets.note("b", made.get()))
    world.task("p", lambda: made.put_many([written(world, 0), written(world, 1)]))
    whole(world, made)


def emptied(world: World) -> None:
    """A full queue, two puts that wait for capacity, one get that takes everything at once."""
    made, gets = new_queue(world, 2), Gets(world, 2)
    made.put_many([written(world, 0), written(world, 1)])
    world.task("p", lambda: made.put(written(world, 10)))
    world.task("q", lambda: made.put(written(world, 20)))
    world.task("a", lambda: gets.note("a", *made.get_many()))
    whole(world, made)


def tasks(immediate: bool) -> Callable[[World], None]:
    """Who joins goes on when the last task is done, and not before; or when the rest is dropped."""

    def build(world: World) -> None:
        made = new_queue(world, 2)
        done: list[int] = []
        made.put(0)
        made.put(1)

        def work() -> None:
            try:
                number = made.get()
            except queue.ShutDown:
                return
            done.append(number)
            made.task_done()

        def join() -> None:
            made.join()
            assert immediate or len(done) == 2, f"joined, and done is {done}"

        world.task("a", work)
        world.task("b", work)
        world.task("joiner", join)
        if immediate:
            world.task("closer", lambda: made.shutdown(immediate=True))

        def check() -> None:
            assert made.unfinished_tasks == 0
            assert not made._tasks.waiters.waiting

        world.checks.append(check)

    return build


def gives_up(world: World) -> None:
    """Of two gets that wait, one gives up without a look, as a cancelled task does.

    The other one gets the item.
    """
    made, gets = new_queue(world, 1), Gets(world, 1)
    ring = made._ring

    def cancelled() -> None:
        event = world.host.event()
        ring.await_item(event)
        ring.putting.leave(event)

    world.task("c", cancelled)
    world.task("a", lambda: gets.note("a", made.get()))
    world.task("p", lambda: made.put(written(world, 0)))
    whole(world, made)


def resized(world: World) -> None:
    """A raised bound lets a put that waits for capacity continue."""
    made = new_queue(world, 2)
    made.maxsize = 1
    made.put(written(world, 0))
    world.task("p", lambda: made.put(written(world, 1)))

    def resize() -> None:
        made.maxsize = 2

    world.task("resizer", resize)

    def check() -> None:
        assert made.qsize() == 2

    world.checks.append(check)
    whole(world, made)


SCENARIOS = [
    Scenario("queue-one", "a queue of 1: 2 put 1 each, 2 get", traffic(1, 1), (0, 1)),
    Scenario("queue-two", "a queue of 2: 2 put 2 each, 2 get", traffic(2, 2), (0, 1)),
    Scenario(
        "queue-room", "a queue of 1: 1 puts 3, 1 gets; each waits", traffic(1, 3, 1, 1), (1, 2)
    ),
    Scenario("queue-drained", "a queue of 2: 1 puts 3, 1 gets", traffic(2, 3, 1, 1), (1, 2)),
    Scenario(
        "queue-yields", "the same, 2 items; each yields once before", traffic(1, 2, 1, 1, 1), (1, 2)
    ),
    Scenario("queue-ended", "shut down while 1 puts and 2 get", ended("ab", False), (0, 1)),
    Scenario("queue-end-one", "shut down while 1 puts and 1 gets", ended("a", False), (1, 2)),
    Scenario(
        "queue-dropped", "shut down at once while 1 puts and 2 get", ended("ab", True), (0, 1)
    ),
    Scenario("queue-end-full", "shut down while 1 waits for room", ended("", False), (1, 2)),
    Scenario(
        "queue-drop-full", "shut down at once while 1 waits for room", ended("", True), (1, 2)
    ),
    Scenario("queue-limits", "time limits, early and late", limits, (0, 1), early_timeouts=1),
    Scenario("queue-slices", "put_many across the end, get_many", slices(3, 2, 1), (0, 1)),
    Scenario("queue-mixed", "put_many wakes 2 gets", mixed, (1, 2)),
    Scenario("queue-emptied", "get_many wakes 2 puts", emptied, (0, 1)),
    Scenario("queue-join", "2 finish tasks, 1 joins", tasks(False), (1, 2)),
    Scenario("queue-join-drop", "2 finish tasks, 1 joins, 1 drops the rest", tasks(True), (0, 1)),
    Scenario("queue-late", "a waiting get gives up when it may have been woken", gives_up, (1, 2)),
    Scenario("queue-resized", "a bound is raised while 1 waits for room", resized, (1, 2)),
]
