"""Mistakes, each of which type checkers must find: see the docstring of the package."""

from ringbuffer import Disruptor, RingBuffer
from tests.typing.kit import (
    Filler,
    HandlerOfTwo,
    Order,
    fill,
    fill_all,
    fill_nothing,
    fill_price,
    fill_text,
    handle,
    handle_text,
    handle_two,
)


def publish(ring: RingBuffer[Order], disruptor: Disruptor[Order]) -> None:
    producer = ring.producer()
    ring.publish_event(fill)  # type: ignore[arg-type]
    ring.publish_event(fill, "x")  # type: ignore[arg-type]
    ring.publish_event(fill, "x", 2)  # type: ignore[arg-type]
    ring.publish_event(fill, 1.5)  # type: ignore[arg-type]
    ring.publish_event(fill, 1.5, 2, 3)  # type: ignore[arg-type]
    ring.publish_event(fill_price)  # type: ignore[arg-type]
    ring.publish_event(fill_price, 1.5, "x")  # type: ignore[arg-type]
    ring.publish_event(fill_all, "x")  # type: ignore[arg-type]
    ring.publish_event(fill_nothing, 1)  # type: ignore[arg-type]
    ring.publish_event(fill_text, 1.5)  # type: ignore[arg-type]
    ring.publish_event(Filler())  # type: ignore[arg-type]
    ring.publish_event(Filler(), "x")  # type: ignore[arg-type]
    ring.publish_event(3)  # type: ignore[arg-type]
    ring.publish_event(lambda order, sequence: order.cost)  # type: ignore[attr-defined]
    ring.try_publish_event(fill, "x")  # type: ignore[arg-type]
    disruptor.publish_event(fill, "x")  # type: ignore[arg-type]
    producer.publish_event(fill, "x")  # type: ignore[arg-type]
    producer.try_publish_event(fill, "x")  # type: ignore[arg-type]


def publish_many(ring: RingBuffer[Order], disruptor: Disruptor[Order]) -> None:
    ring.publish_events(fill, [1.5])  # type: ignore[arg-type]
    ring.publish_events(fill, ["x"], [1])  # type: ignore[arg-type]
    ring.publish_events(fill_nothing)  # type: ignore[call-overload]
    ring.publish_events(fill_nothing, [1])  # type: ignore[arg-type]
    ring.publish_events(fill, 1.5, 2)  # type: ignore[call-overload]
    ring.try_publish_events(fill, [1.5])  # type: ignore[arg-type]
    disruptor.publish_events(fill, [1.5])  # type: ignore[arg-type]
    ring.producer().publish_events(fill, [1.5])  # type: ignore[arg-type]


def loop(ring: RingBuffer[Order]) -> None:
    for order, text in ring.publish_each(["x"]):
        order.price = text  # type: ignore[assignment]
    with ring.claim(2) as batch:
        batch[0] = "x"  # type: ignore[call-overload]


def wire(disruptor: Disruptor[Order]) -> None:
    disruptor.handle_events_with(handle_two)  # type: ignore[arg-type]
    disruptor.handle_events_with(handle_text)  # type: ignore[arg-type]
    disruptor.handle_events_with(HandlerOfTwo())  # type: ignore[arg-type]
    disruptor.handle_events_with(handle).then(handle_two)  # type: ignore[arg-type]
    disruptor.handle_events_with_worker_pool(handle_two)  # type: ignore[arg-type]


def values() -> None:
    numbers = RingBuffer[int].of_values(8)
    numbers.publish_value("x")  # type: ignore[arg-type]
    numbers.try_publish_value("x")  # type: ignore[arg-type]
    numbers.publish_values(["x"])  # type: ignore[list-item]
    numbers.producer().publish_value("x")  # type: ignore[arg-type]
    Disruptor[int].of_values(8).publish_value("x")  # type: ignore[arg-type]
