"""`drain` waits for all consumers, and says where each stands if it cannot."""

import threading
from typing import Any

import pytest

from ringbuffer import ConsumerFailedError, Disruptor, Queue
from ringbuffer.messaging import (
    Acknowledgement,
    ChannelEventBus,
    InMemoryQueueOptions,
    LockedDelivery,
    Pipeline,
    QueueMode,
    Retry,
    RetryPolicy,
    RingBufferEventBus,
    TransportEnvelope,
    create_queue,
)
from ringbuffer.testing import drain
from tests.support.threads import PATIENCE
from tests.unit.testing.kit import Order, fill

BUSES = pytest.mark.parametrize("kind", [ChannelEventBus, RingBufferEventBus])


class Gate:
    """A handler that waits until it is let go."""

    def __init__(self) -> None:
        self.entered, self.let_go = threading.Event(), threading.Event()

    def __call__(self, *event: Any) -> None:
        self.entered.set()
        assert self.let_go.wait(PATIENCE)


def test_a_disruptor_is_drained_and_goes_on() -> None:
    totals: list[int] = []
    disruptor: Disruptor[Order] = Disruptor(Order, 4)
    disruptor.handle_events_with(lambda order, sequence, end: None).then(
        lambda order, sequence, end: totals.append(order.amount)
    )
    with disruptor:
        for amount in range(20):
            disruptor.publish_event(fill, amount)
        drain(disruptor)
        assert totals == list(range(20))
        drain(disruptor)
        disruptor.publish_event(fill, 20)
        drain(disruptor)
        assert totals == list(range(21))


def test_a_disruptor_that_is_not_drained_in_time_says_where_each_consumer_stands() -> None:
    slow, disruptor = Gate(), Disruptor(Order, 4, name="orders")

    def fast(order: Order, sequence: int, end_of_batch: bool) -> None: ...

    disruptor.handle_events_with(slow, fast)
    with disruptor:
        for amount in range(3):
            disruptor.publish_event(fill, amount)
        assert slow.entered.wait(PATIENCE)
        with pytest.raises(TimeoutError) as raised:
            drain(disruptor, timeout=0.05)
        assert "'orders' is not drained within 0.05 s" in str(raised.value)
        assert "has handled 0 of 3 events (RUNNING)" in str(raised.value)
        slow.let_go.set()
        drain(disruptor)


def test_a_disruptor_with_a_dead_consumer_cannot_be_drained() -> None:
    disruptor = Disruptor(Order, 4, name="orders")

    def fail(order: Order, sequence: int, end_of_batch: bool) -> None:
        raise ValueError("a fault")

    disruptor.handle_events_with(fail)
    with pytest.raises(ConsumerFailedError, match="died of ValueError"), disruptor:
        disruptor.publish_event(fill, 1)
        with pytest.raises(ConsumerFailedError, match=r"cannot be drained: .* \(DIED\)"):
            drain(disruptor)


@pytest.mark.parametrize("mode", QueueMode)
def test_a_queue_is_drained_when_its_last_message_is_handled(mode: QueueMode) -> None:
    gate, got = Gate(), list[str]()
    with create_queue(InMemoryQueueOptions(mode, 8), name="orders") as queue:
        queue.add_consumer(gate, name="slow")
        queue.enqueue_sync(TransportEnvelope("first", b""))
        assert gate.entered.wait(PATIENCE)
        with pytest.raises(TimeoutError, match="'slow' is handling a message"):
            drain(queue, timeout=0.05)
        gate.let_go.set()
        queue.add_consumer(lambda envelope: got.append(envelope.message_type), name="fast")
        for _ in range(20):
            queue.enqueue_sync(TransportEnvelope("next", b""))
        drain(queue)
        assert queue.depth == 0


@pytest.mark.parametrize("mode", QueueMode)
def test_a_queue_without_consumers_cannot_be_drained(mode: QueueMode) -> None:
    with create_queue(InMemoryQueueOptions(mode, 8), name="orders") as queue:
        drain(queue)
        queue.enqueue_sync(TransportEnvelope("first", b""))
        with pytest.raises(ConsumerFailedError, match="1 messages wait, and no consumer is left"):
            drain(queue)
        queue.add_consumer(lambda envelope: None)
        drain(queue)


@pytest.mark.parametrize("mode", QueueMode)
def test_a_message_without_an_answer_is_not_drained(mode: QueueMode) -> None:
    given: list[LockedDelivery] = []
    kept = threading.Event()

    def keep(delivery: LockedDelivery) -> None:
        given.append(delivery)
        kept.set()

    with create_queue(InMemoryQueueOptions(mode, 8)) as queue:
        queue.add_consumer(keep, acknowledgement=Acknowledgement(lock_timeout=None))
        queue.enqueue_sync(TransportEnvelope("first", b""))
        assert kept.wait(PATIENCE)
        with pytest.raises(TimeoutError, match="1 without an answer"):
            drain(queue, timeout=0.05)
        given[0].ack()
        drain(queue)


@BUSES
def test_a_bus_is_drained_with_what_handlers_publish(kind: Any) -> None:
    got: list[object] = []
    with kind(64) as bus:
        bus.subscribe(int, lambda number: bus.publish_sync(str(number)), name="first")
        bus.subscribe(str, got.append, name="second")
        for number in range(5):
            bus.publish_sync(number)
        drain(bus)
        assert got == ["0", "1", "2", "3", "4"]


@BUSES
def test_a_bus_is_drained_with_its_retries(kind: Any) -> None:
    attempts: list[int] = []

    def handle(number: int) -> None:
        attempts.append(number)
        if len(attempts) < 3:
            raise ValueError("not yet")

    policy = RetryPolicy(max_attempts=3, delay=0.02, jitter=0.0)
    with kind(8, pipeline=Pipeline(Retry(policy))) as bus:
        bus.subscribe(int, handle)
        bus.publish_sync(1)
        drain(bus)
        assert attempts == [1, 1, 1]


@BUSES
def test_a_bus_that_is_not_drained_in_time_names_the_handler(kind: Any) -> None:
    gate = Gate()
    with kind(8, name="events") as bus:
        bus.subscribe(int, gate, name="slow")
        bus.publish_sync(1)
        assert gate.entered.wait(PATIENCE)
        with pytest.raises(TimeoutError, match="'slow' has yet to handle 1 events"):
            drain(bus, timeout=0.05)
        gate.let_go.set()


@pytest.mark.parametrize("thing", [Queue(4), "a ring", None])
def test_what_has_no_consumers_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="cannot be drained: pass a Disruptor"):
        drain(thing)


@pytest.mark.parametrize(("timeout", "error"), [(0, ValueError), ("1", TypeError)])
def test_a_wrong_timeout_is_refused(timeout: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="timeout"):
        drain(Disruptor(Order, 4), timeout=timeout)
