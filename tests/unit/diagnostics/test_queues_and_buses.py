"""Positions of queues and buses: of stand-ins that move in known ways, then of the real ones."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import RingBuffer
from ringbuffer.diagnostics import Sampler, StallDetector, Statistics, statistics
from ringbuffer.messaging import (
    ChannelEventBus,
    EventBus,
    InMemoryQueue,
    RingBufferEventBus,
    TransportEnvelope,
    create_queue,
    use_in_memory_queue,
)
from ringbuffer.messaging.progress import ConsumerProgress
from ringbuffer.queues import AsyncQueue, Queue
from tests.support.threads import PATIENCE
from tests.unit.diagnostics.kit import Gate, check


class StandInQueue(Queue[int]):
    """A queue at known sequences."""

    maxsize, claimed, published, consumed = 10, 6, 6, 2


def test_a_queue_with_sequences() -> None:
    found = statistics(StandInQueue(10))
    check(found)
    assert (found.name, found.capacity, found.published, found.minimum_gating_sequence) == (
        "StandInQueue",
        10,
        6,
        2,
    )
    assert found.remaining_capacity == 6


def test_an_asynchronous_queue_has_the_positions_of_its_queue_for_threads() -> None:
    queue: AsyncQueue[int] = AsyncQueue(10)
    queue.sync.put_many(range(7))
    found = statistics(queue, "tasks")
    assert (found.name, found.published) == ("tasks", 6)


class StandInMessageQueue(InMemoryQueue):
    """Each look at a property may find it moved on."""

    name, buffer_size, dropped, failed = "messages", 8, 2, 1
    consumers: Any = ("one", "two")

    def __init__(self, moves: list[tuple[int, int]]) -> None:
        self._moves = iter(moves)
        self._put = self._taken = 0

    def _move(self) -> None:
        put, taken = next(self._moves, (0, 0))
        self._put = min(self._put + put, self._taken + self.buffer_size)
        self._taken = min(self._taken + taken, self._put)

    def progress(self) -> tuple[ConsumerProgress, ...]:
        return ()

    @property
    def depth(self) -> int:
        self._move()
        return self._put - self._taken

    @property
    def message_count(self) -> int:
        self._move()
        return self._put


@given(moves=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40))
def test_a_queue_of_messages_that_is_used_meanwhile(moves: list[tuple[int, int]]) -> None:
    queue = StandInMessageQueue(moves)  # type: ignore[abstract]
    sampler = Sampler(queue)
    before: Statistics | None = None
    for _ in range(15):
        found = sampler.sample()
        check(found)
        assert found.minimum_gating_sequence < queue._taken
        assert before is None or found.published >= before.published
        before = found
    assert (found.name, found.counters) == ("messages", {"dropped": 2, "failed": 1, "consumers": 2})


def stand_in_bus(published: int, waiting: dict[str, int]) -> Any:
    return StandInBus(published, waiting)  # type: ignore[abstract]


class StandInBus(EventBus):
    """A bus with known counts."""

    name = "bus"

    def __init__(self, published: int, waiting: dict[str, int]) -> None:
        self._published, self._waiting = published, waiting

    def progress(self) -> tuple[ConsumerProgress, ...]:
        return ()

    def metrics(self) -> Any:
        handlers = {
            name: SimpleNamespace(handled=5, failed=1, retried=2, dead_lettered=0, waiting=count)
            for name, count in self._waiting.items()
        }
        return SimpleNamespace(published=self._published, returning=3, handlers=handlers)


def test_a_bus_of_channels_reports_how_far_behind_each_handler_is() -> None:
    found = statistics(stand_in_bus(10, {"quick": 0, "slow": 7}))
    check(found)
    assert {each.name: each.lag for each in found.consumers} == {"quick": 0, "slow": 7}
    assert (found.errors, found.counters["returning"], found.consumers[0].counters["retried"]) == (
        2,
        3,
        2,
    )
    check(statistics(stand_in_bus(0, {})))


def test_a_bus_over_a_ring_has_the_positions_of_the_ring_and_the_names_of_the_handlers() -> None:
    bus = stand_in_bus(4, {"quick": 0, "slow": 3})
    ring: RingBuffer[Any] = RingBuffer(8, dict)
    for _ in range(4):
        ring.publish_event(lambda event, sequence: None)
    bus.ring = ring
    found = statistics(bus)
    check(found)
    assert (found.capacity, found.published) == (8, 3)
    assert [each.name for each in found.consumers] == ["quick", "slow"]
    assert found.counters["producer_stalls"] == 0


# -- the real ones --------------------------------------------------------------------------------


def test_the_queue_of_this_library() -> None:
    queue: Queue[int] = Queue(10)
    queue.put_many(range(7))
    queue.get()
    found = statistics(queue, "work")
    check(found)
    assert (found.name, found.capacity, found.published, found.minimum_gating_sequence) == (
        "work",
        10,
        6,
        0,
    )
    assert statistics(AsyncQueue[int](4)).remaining_capacity == 4


@pytest.mark.parametrize("ring", [True, False], ids=["ring", "channel"])
def test_the_message_queues_of_this_library(ring: bool) -> None:
    options = use_in_memory_queue(
        lambda queue: queue.use_ring_buffer_mode().with_buffer_size(16) if ring else queue
    )
    with create_queue(options) as queue:
        for _ in range(9):
            queue.enqueue_sync(TransportEnvelope("order", b""))
        found = statistics(queue)
        check(found)
        assert (found.capacity, found.published + 1) == (queue.buffer_size, 9)
        assert found.claimed - found.minimum_gating_sequence == 9


@pytest.mark.parametrize(
    "make", [lambda: RingBufferEventBus(16), lambda: ChannelEventBus(16)], ids=["ring", "channel"]
)
def test_the_buses_of_this_library(make: Any) -> None:
    gate = Gate()
    with make() as bus:
        bus.subscribe(int, lambda event: gate.on_event(event, 0, True), name="slow")
        for number in range(5):
            bus.publish_sync(number)
        assert gate.entered.wait(PATIENCE)
        found = statistics(bus)
        check(found)
        assert (found.capacity, found.published) == (16, 4)
        assert [(each.name, each.lag > 0) for each in found.consumers] == [("slow", True)]
        if isinstance(bus, RingBufferEventBus):
            assert StallDetector(bus).look() == []
        gate.opened.set()
