"""`Schedule`: what may be shared, and errors of wrong use; queues and buses in a schedule."""

from types import SimpleNamespace
from typing import Any

import pytest

from ringbuffer import Disruptor, Queue
from ringbuffer.messaging import (
    EventBus,
    EventBusOptions,
    InMemoryQueue,
    InMemoryQueueOptions,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
    create_event_bus,
    create_queue,
)
from ringbuffer.testing import Schedule, ScheduleFailedError, drain, exploration, explore
from tests.unit.testing.kit import Account, Order, fill, graph


class Slotted:
    """Without a dictionary."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0


@pytest.fixture(autouse=True)
def accounts_come_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it does not matter how few switches a failing schedule has."""
    monkeypatch.setattr(exploration, "SIMPLER", 0.2)


def once(scenario: Any) -> None:
    """A few schedules."""
    explore(scenario, strategy="random", schedules=3)


@pytest.mark.parametrize("kind", [Account, Slotted])
def test_a_shared_attribute_reads_and_stores_as_before(kind: Any) -> None:
    def scenario(schedule: Schedule) -> None:
        thing = kind()
        schedule.share(thing, "total")
        thing.total += 2
        assert thing.total == 2
        assert isinstance(thing, kind)
        assert type(thing).__name__ == kind.__name__

    once(scenario)


def test_a_shared_attribute_may_hold_any_object() -> None:
    def scenario(schedule: Schedule) -> None:
        account: Any = Account()
        account.total = [1]
        schedule.share(account, "total")
        account.total = [*account.total, (2, {3: 4})]
        account.total = {"a": account.total}
        assert account.total == {"a": [1, (2, {3: 4})]}

    assert explore(scenario).is_exhausted


@pytest.mark.parametrize(
    ("share", "error", "says"),
    [
        (lambda s: s.share(Account(), "sum"), AttributeError, "the Account has no attribute 'sum'"),
        (lambda s: s.share(Account()), TypeError, "name the attributes of the Account"),
        (lambda s: s.share(SimpleNamespace(a=1), "a"), TypeError, "must be written in Python"),
        (lambda s: s.share([], "append"), TypeError, "must be written in Python"),
    ],
)
def test_what_cannot_be_shared_is_refused(share: Any, error: type[Exception], says: str) -> None:
    def scenario(schedule: Schedule) -> None:
        with pytest.raises(error, match=says):
            share(schedule)

    once(scenario)


@pytest.mark.parametrize(
    "use",
    [
        lambda schedule: schedule.lock(),
        lambda schedule: schedule.share(Account(), "total"),
        lambda schedule: schedule.thread(print),
    ],
)
def test_a_schedule_is_of_no_use_after_its_run(use: Any) -> None:
    kept: list[Schedule] = []
    once(kept.append)
    with pytest.raises(RuntimeError, match="used outside of its run"):
        use(kept[0])


def test_a_host_that_was_forgotten_is_reported() -> None:
    def scenario(schedule: Schedule) -> None:
        disruptor = Disruptor(Order, 4, memory=schedule.memory)
        disruptor.handle_events_with(lambda order, sequence, end_of_batch: None)
        with disruptor:
            disruptor.publish_event(fill, 1)

    with pytest.raises(ScheduleFailedError, match=r"pass host=schedule\.host wherever you pass"):
        explore(scenario)


def test_two_locks_of_one_name_have_two_names() -> None:
    def scenario(schedule: Schedule) -> None:
        names = {getattr(schedule.lock("a"), "name", "") for _ in range(3)}
        assert names == {"a", "a 2", "a 3"}

    once(scenario)


def test_threads_of_one_name_have_two_names() -> None:
    def scenario(schedule: Schedule) -> None:
        assert {schedule.thread(lambda: None).name for _ in range(2)} == {"<lambda>", "<lambda> 2"}

    once(scenario)


def add_in_two_consumers(queue: InMemoryQueue, schedule: Schedule) -> Account:
    """Two consumers of a queue each get a message and add to a total."""
    account = Account()
    schedule.share(account, "total")

    def add(envelope: TransportEnvelope) -> None:
        account.total += 1

    queue.add_consumer(add, name="a")
    queue.add_consumer(add, name="b")
    for number in "12":
        queue.enqueue_sync(TransportEnvelope("n", b"", message_id=number))
    return account


def add_in_two_handlers(bus: EventBus, schedule: Schedule) -> Account:
    """Two handlers of a bus add the same event to a total."""
    account = Account()
    schedule.share(account, "total")

    def add(number: int) -> None:
        account.total += number

    bus.subscribe(int, add, name="x")
    bus.subscribe(int, add, name="y")
    bus.publish_sync(1)
    return account


def queue_of(mode: QueueMode, schedule: Schedule) -> InMemoryQueue:
    options = InMemoryQueueOptions(mode, 2, wait_strategy=WaitStrategyKind.LITE_BLOCKING)
    return create_queue(options, memory=schedule.memory, host=schedule.host)


def bus_of(mode: QueueMode, schedule: Schedule) -> EventBus:
    options = EventBusOptions(mode, 2, runners=0 if mode is QueueMode.RING_BUFFER else None)
    return create_event_bus(options, memory=schedule.memory, host=schedule.host)


@pytest.mark.parametrize("mode", QueueMode)
def test_consumers_of_a_queue_of_messages_lose_an_update(mode: QueueMode) -> None:
    def scenario(schedule: Schedule) -> None:
        with queue_of(mode, schedule) as queue:
            account = add_in_two_consumers(queue, schedule)
        assert account.total == 2, f"the total is {account.total}"

    with pytest.raises(ScheduleFailedError, match="the total is 1"):
        explore(scenario, strategy="random", schedules=1000)


@pytest.mark.parametrize("mode", QueueMode)
def test_handlers_of_a_bus_lose_an_update(mode: QueueMode) -> None:
    def scenario(schedule: Schedule) -> None:
        with bus_of(mode, schedule) as bus:
            account = add_in_two_handlers(bus, schedule)
        assert account.total == 2, f"the total is {account.total}"

    with pytest.raises(ScheduleFailedError, match="the total is 1"):
        explore(scenario, strategy="random", schedules=1000)


@pytest.mark.parametrize("mode", QueueMode)
def test_a_queue_and_a_bus_are_drained_in_a_schedule(mode: QueueMode) -> None:
    def scenario(schedule: Schedule) -> None:
        got: list[str] = []
        with queue_of(mode, schedule) as queue:
            queue.add_consumer(lambda envelope: got.append(envelope.message_type), name="a")
            queue.enqueue_sync(TransportEnvelope("first", b"", message_id="1"))
            drain(queue)
            assert got == ["first"]
        with bus_of(mode, schedule) as bus:
            bus.subscribe(str, got.append, name="x")
            bus.publish_sync("second")
            drain(bus)
            assert got == ["first", "second"]

    assert explore(scenario, strategy="random", schedules=5).is_exhausted


def test_a_drain_that_cannot_end_says_where_each_consumer_stands() -> None:
    def scenario(schedule: Schedule) -> None:
        event = schedule.host.event()

        def block(order: Order, sequence: int, end_of_batch: bool) -> None:
            event.wait()

        with graph(schedule, block) as disruptor:
            disruptor.publish_event(fill, 1)
            try:
                with pytest.raises(TimeoutError, match=r"has handled 0 of 1 events \(RUNNING\)"):
                    drain(disruptor)
            finally:
                event.set()

    assert explore(scenario, strategy="random", schedules=3).is_exhausted


def test_a_queue_of_threads_hands_over_in_every_schedule() -> None:
    def scenario(schedule: Schedule) -> None:
        queue: Queue[int] = Queue(1, memory=schedule.memory, host=schedule.host)

        def produce() -> None:
            for number in (1, 2):
                queue.put(number)

        schedule.thread(produce)
        assert [queue.get(), queue.get()] == [1, 2]

    assert explore(scenario, preemptions=1).is_exhausted


def test_drain_in_a_schedule_gives_the_turn_to_the_consumers() -> None:
    def scenario(schedule: Schedule) -> None:
        got: list[int] = []

        def note(order: Order, sequence: int, end_of_batch: bool) -> None:
            got.append(order.amount)

        with graph(schedule, note) as disruptor:
            disruptor.publish_event(fill, 1)
            drain(disruptor)
            assert got == [1]
            disruptor.publish_event(fill, 2)
        assert got == [1, 2]

    assert explore(scenario, preemptions=0).is_exhausted
