"""`StallDetector`, `Health`, `statistics` of queues and buses: who is stuck, since when, where."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ringbuffer.diagnostics import Health, Stall, StallDetector, stacks, statistics
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging import TransportEnvelope, create_queue, use_in_memory_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.queues import AsyncQueue, Queue
from tests.support.threads import PATIENCE, Background
from tests.unit.diagnostics.test_health import Clock

MESSAGE = TransportEnvelope("order", b"")
type Put = Callable[[Any], object]


def new_queue(ring: bool) -> Any:
    return create_queue(
        use_in_memory_queue(
            lambda queue: queue.use_ring_buffer_mode().with_buffer_size(16) if ring else queue
        ),
        name="orders",
    )


def queue_of(ring: bool) -> Callable[[], tuple[Any, Callable[..., Any], Callable[[], object]]]:
    def make() -> tuple[Any, Callable[..., Any], Callable[[], object]]:
        queue = new_queue(ring)
        return queue, queue.add_consumer, lambda: queue.enqueue_sync(MESSAGE)

    return make


def bus_of(kind: Any) -> Callable[[], tuple[Any, Callable[..., Any], Callable[[], object]]]:
    def make() -> tuple[Any, Callable[..., Any], Callable[[], object]]:
        bus = kind(16, name="orders")

        def subscribe(handler: Any, name: str) -> Any:
            return bus.subscribe(TransportEnvelope, handler, name=name)

        return bus, subscribe, lambda: bus.publish_sync(MESSAGE)

    return make


each_kind = pytest.mark.parametrize(
    "make",
    [queue_of(True), queue_of(False), bus_of(RingBufferEventBus), bus_of(ChannelEventBus)],
    ids=["ring queue", "channel queue", "ring bus", "channel bus"],
)


class Held:
    """A plain handler that is in a message until it is let go."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, envelope: object) -> None:
        self.entered.set()
        assert self.opened.wait(PATIENCE)

    def let_go(self) -> None:
        self.opened.set()


class HeldTask:
    """The same as a coroutine function, which waits two calls deep."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._let_go: Callable[[], object] = lambda: None

    async def __call__(self, envelope: object) -> None:
        loop, opened = asyncio.get_running_loop(), asyncio.Event()
        self._let_go = lambda: loop.call_soon_threadsafe(opened.set)
        self.entered.set()
        await self.waits_here(opened.wait())

    async def waits_here(self, opened: Awaitable[object]) -> None:
        await opened

    def let_go(self) -> None:
        self._let_go()


def stall_of(detector: StallDetector, host: Clock) -> Stall:
    """The one stall, three seconds after the first look."""
    assert detector.look() == []
    host.now += 1.9
    assert detector.look() == []
    host.now += 1.1
    [stall] = detector.look()
    assert stall.seconds == pytest.approx(3.0)
    return stall


@each_kind
def test_the_consumer_that_is_stuck_is_named_and_its_stack_is_shown(make: Any) -> None:
    thing, add, put = make()
    held, host = Held(), Clock()
    with thing:
        add(held, name="slow")
        put()
        assert held.entered.wait(PATIENCE)
        detector = StallDetector(thing, after=2, host=host)
        stall = stall_of(detector, host)
        assert (stall.ring, stall.gating.consumer, stall.gating.state) == (
            "orders",
            "slow",
            "HANDLING",
        )
        assert stall.gating.lag == 1
        [frames] = stall.stacks.values()
        assert any(
            "test_stalled_consumers.py" in frame and frame.endswith("in __call__")
            for frame in frames
        )
        assert str(stall).startswith(
            "'slow', HANDLING holds up 'orders': it has not moved from sequence -1 for 3.0 s"
        )
        [consumer] = statistics(thing).consumers
        assert (consumer.name, consumer.state) == ("slow", "HANDLING")
        held.let_go()
        while statistics(thing).consumers[0].state != "WAITING":
            pass
        host.now += 100
        assert detector.look() == []


@each_kind
def test_a_coroutine_function_that_is_stuck_is_shown_where_its_task_waits(make: Any) -> None:
    thing, add, put = make()
    held, host = HeldTask(), Clock()
    with thing:
        add(held, name="slow")
        put()
        assert held.entered.wait(PATIENCE)
        stall = stall_of(StallDetector(thing, after=2, host=host), host)
        assert stall.gating.consumer == "slow"
        functions = [frame.rpartition(" in ")[2] for frame in stall.task]
        assert functions.index("waits_here") < functions.index("__call__")
        assert "consumer's task:\n" in str(stall)
        assert stall.stacks  # of the loop
        held.let_go()


@each_kind
def test_a_consumer_with_nothing_to_do_is_not_stuck(make: Any) -> None:
    thing, add, put = make()
    done, host = threading.Event(), Clock()
    with thing:
        add(lambda envelope: done.set(), name="quick")
        detector = StallDetector(thing, after=2, host=host)
        assert detector.look() == []
        put()
        assert done.wait(PATIENCE)
        while statistics(thing).consumers[0].state != "WAITING":
            pass
        for _ in range(3):
            host.now += 10
            assert detector.look() == []


@pytest.mark.parametrize("ring", [True, False], ids=["ring", "channel"])
def test_of_competing_consumers_the_one_that_is_stuck_is_named_while_others_go_on(
    ring: bool,
) -> None:
    held, quick, host = Held(), list[object](), Clock()
    with new_queue(ring) as queue:
        queue.add_consumer(held, name="slow")
        queue.enqueue_sync(MESSAGE)
        assert held.entered.wait(PATIENCE)
        queue.add_consumer(quick.append, name="quick")
        detector = StallDetector(queue, after=2, host=host)
        for count in range(1, 5):
            queue.enqueue_sync(MESSAGE)
            while len(quick) < count:
                pass
            host.now += 1.0
            named = [stall.gating.consumer for stall in detector.look()]
        assert named == ["slow"]
        assert (
            sorted((each.name, each.sequence) for each in statistics(queue).consumers)[1][0]
            == "slow"
        )
        held.let_go()


@pytest.mark.parametrize("ring", [True, False], ids=["ring", "channel"])
def test_messages_that_no_consumer_will_take_are_a_stall(ring: bool) -> None:
    host = Clock()
    queue = new_queue(ring)
    queue.enqueue_sync(MESSAGE)
    queue.enqueue_sync(MESSAGE)
    stall = stall_of(StallDetector(queue, after=2, host=host), host)
    assert (stall.gating.consumer, stall.gating.state, stall.gating.lag) == (
        "no consumer",
        "MISSING",
        2,
    )
    queue.close(drain=False)


@pytest.mark.parametrize(
    "make", [lambda: Queue(4), lambda: AsyncQueue(4)], ids=["queue", "async queue"]
)
def test_items_that_nothing_takes_are_a_stall(make: Callable[[], Any]) -> None:
    host, made = Clock(), make()
    detector = StallDetector(made, after=2, host=host)
    assert detector.look() == []
    made.put_nowait("item")
    made.put_nowait("item")
    stall = stall_of(detector, host)
    assert (stall.gating.consumer, stall.gating.sequence, stall.gating.lag) == ("getters", -1, 2)
    assert statistics(made).counters["unfinished_tasks"] == 2
    made.get_nowait()
    assert detector.look() == []
    assert [problem.kind for problem in Health(made).problems()] == []


def test_each_handler_of_a_bus_that_is_stuck_is_named_not_only_the_slowest() -> None:
    first, second, host = Held(), Held(), Clock()
    with RingBufferEventBus(16, name="bus") as bus:
        bus.subscribe(TransportEnvelope, second, name="second")
        bus.publish_sync(MESSAGE)
        assert second.entered.wait(PATIENCE)
        bus.subscribe(TransportEnvelope, first, name="first")
        bus.publish_sync(MESSAGE)
        assert first.entered.wait(PATIENCE)
        detector = StallDetector(bus, after=2, host=host)
        detector.look()
        host.now = 2.0
        assert sorted(stall.gating.consumer for stall in detector.look()) == ["first", "second"]
        first.let_go()
        second.let_go()


def test_publishers_that_wait_for_room_in_a_bus_over_a_ring_are_shown() -> None:
    held, host = Held(), Clock()
    with RingBufferEventBus(2, name="bus") as bus:
        bus.subscribe(TransportEnvelope, held, name="slow")
        with Background(lambda: [bus.publish_sync(MESSAGE) for _ in range(4)]):
            detector = StallDetector(bus, after=2, host=host)
            while not detector._watched[0].waiting_producers():
                pass
            detector.look()
            host.now = 2.0
            [stall] = detector.look()
            assert len(stall.producers) == 1
            held.let_go()


@pytest.mark.parametrize("kind", [RingBufferEventBus, ChannelEventBus])
def test_a_handler_that_died_is_reported(kind: Any) -> None:
    with kind(16, name="bus") as bus:
        subscription = bus.subscribe(int, lambda event: None, name="doomed")
        health = Health(bus)
        assert health.problems() == ()
        runner: Any = subscription.runner
        died: dict[str, Any] = {"failure": RuntimeError("dead")}
        object.__setattr__(
            runner,
            "__class__",
            type("Dead", (type(runner),), {"failure": property(lambda self: died["failure"])}),
        )
        [problem] = health.problems()
        assert (problem.kind, problem.name, problem.consumer) == ("dead consumer", "bus", "doomed")
        died["failure"] = None


# -- stacks of tasks ------------------------------------------------------------------------------


def test_a_task_whose_loop_is_blocked_or_closed_shows_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stacks, "PATIENCE", 0.01)
    found: list[tuple[str, ...]] = []

    async def main() -> Any:
        task = asyncio.current_task()
        assert task is not None
        found.append(stacks.task_stack(task, SYSTEM_HOST))  # it blocks the loop that it asks
        return task

    task = asyncio.run(main())
    found.append(stacks.task_stack(task, SYSTEM_HOST))
    assert found == [(), ()]
