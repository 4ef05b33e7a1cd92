"""Correct programs, in which type checkers must find nothing."""

from pathlib import Path
from typing import Any, assert_type

from ringbuffer import BlockingWaitStrategy, Disruptor, HandlerSpec, RingBuffer
from ringbuffer.messaging import create_event_bus, create_queue
from ringbuffer.testing import Exploration, FakeClock, Schedule, drain, explore, replay, step
from tests.typing.kit import (
    BatchHandler,
    ColumnHandler,
    Filler,
    Handler,
    Order,
    RecordHandler,
    fill,
    fill_all,
    fill_nothing,
    fill_price,
    handle,
    handle_later,
)


def publish(ring: RingBuffer[Order], disruptor: Disruptor[Order]) -> None:
    for sink in (ring, disruptor, ring.producer()):
        sink.publish_event(fill, 1.5, 2)
        sink.publish_event(fill, 1, 2, timeout=0.5)
        sink.publish_event(fill_price, 1.5)
        sink.publish_event(fill_price, 1.5, 2)
        sink.publish_event(fill_all)
        sink.publish_event(fill_all, 1.5, 2.5)
        sink.publish_event(fill_nothing)
        sink.publish_event(Filler(), 1.5)
        sink.publish_event(Filler().translate_to, 1.5)
        sink.publish_event(lambda order, sequence, price: setattr(order, "price", price), 1.5)
        sink.try_publish_event(fill, 1.5, 2)
        sink.publish_events(fill, [1.5, 2.5], range(2))
        sink.publish_events(fill_price, [1.5, 2.5], timeout=0.5)
        sink.publish_events(fill_nothing, count=3)
        sink.publish_events(fill_all, [1.5], [1.5], [1.5], [1.5], [1.5])
        sink.try_publish_events(fill, [1.5, 2.5], range(2))


def publish_what_is_not_known(
    ring: RingBuffer[Order],
    rows: list[tuple[float, int]],
    anything: Any,
) -> None:
    for row in rows:
        ring.publish_event(fill, *row)
    ring.publish_event(anything, "x")


def loop(ring: RingBuffer[Order]) -> None:
    for order, price in ring.publish_each([1.5, 2.5]):
        order.price = price
    with ring.claim(2) as batch:
        batch[0].price = 1.5
        for order in batch:
            order.quantity = 1


def wire(disruptor: Disruptor[Order]) -> None:
    disruptor.handle_events_with(handle, Handler()).then(BatchHandler(), handle_later)
    disruptor.handle_events_with(HandlerSpec(handle, cpu=0))
    disruptor.handle_events_with_worker_pool(handle, Handler())
    disruptor.handle_events_with(lambda order, sequence, end_of_batch: print(order.price))


def scenario(schedule: Schedule) -> None:
    wait = BlockingWaitStrategy(host=schedule.host)
    disruptor = Disruptor(Order, 4, wait_strategy=wait, memory=schedule.memory, host=schedule.host)
    schedule.share(Order(), "price", "quantity")
    with schedule.lock("orders"):
        step("place an order")
    schedule.thread(publish, disruptor.ring, disruptor, name="publisher").join()
    drain(create_queue(memory=schedule.memory, host=schedule.host))


def test() -> None:
    assert_type(explore(scenario, strategy="pct", save_to=Path("failed.json")), Exploration)
    explore(lambda schedule: schedule.thread(print, "x"), preemptions=2, seconds=10.5)
    replay(scenario, Path("failed.json"))
    clock = FakeClock()
    drain(Disruptor(Order, 4, host=clock), timeout=1)
    drain(create_event_bus(host=clock))
    clock.advance(1)


def records() -> None:
    disruptor = Disruptor.of_records(8, "qd")
    assert_type(disruptor, Disruptor[Any])
    disruptor.handle_events_with(RecordHandler(), ColumnHandler()).then(Handler())
    disruptor.handle_events_with(HandlerSpec(RecordHandler()))
    disruptor.publish_records([(1, 2.5)], 0.5, chunk=1)
    with disruptor.claim(2) as claim:
        for piece in claim.pieces:
            piece["f1"] = 0.5


def values() -> None:
    numbers = RingBuffer[int].of_values(8)
    assert_type(numbers, RingBuffer[int])
    numbers.publish_value(1)
    numbers.publish_values(range(3))
    assert_type(numbers.get(0), int)
    disruptor = Disruptor[int].of_values(8)
    assert_type(disruptor, Disruptor[int])
    declared: RingBuffer[int] = RingBuffer.of_values(8)
    declared.publish_value(1)
    anything = RingBuffer.of_values(8)
    anything.publish_value(1)
    anything.publish_value("one")
