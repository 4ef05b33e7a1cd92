"""The library's part of the throughput scenarios, written in the style of docs/guide.md."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from ringbuffer import Disruptor, ProducerType, RingBuffer, WaitStrategy, YieldingWaitStrategy
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.scenario import Measurement
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together

#: Slots of every ring, and capacity of every bounded queue.
CAPACITY: Final = 4096


def disruptor_of_events(
    producers: int, wait_strategy: WaitStrategy | None = None
) -> Disruptor[BenchEvent]:
    """A ring of pre-allocated events; by default, consumers use the yielding strategy."""
    return Disruptor(
        BenchEvent, CAPACITY, _kind(producers), wait_strategy or YieldingWaitStrategy()
    )


def disruptor_of_values(
    producers: int, wait_strategy: WaitStrategy | None = None
) -> Disruptor[Any]:
    """A ring of values; by default, consumers use the yielding strategy."""
    return Disruptor.of_values(CAPACITY, _kind(producers), wait_strategy or YieldingWaitStrategy())


def _kind(producers: int) -> ProducerType:
    return ProducerType.SINGLE if producers == 1 else ProducerType.MULTI


def publish_each(ring: RingBuffer[BenchEvent], values: Sequence[int]) -> Callable[[], None]:
    """The body of a thread that claims, fills and publishes one event after the other.

    It uses its own producer.
    """

    def body() -> None:
        for event, value in ring.producer().publish_each(values):
            event.value = value

    return body


def publish_by_steps(ring: RingBuffer[BenchEvent], values: Sequence[int]) -> Callable[[], None]:
    """As `publish_each`, with one call for each step, as in a producer without its own loop."""

    def body() -> None:
        producer = ring.producer()
        next_, get, publish = producer.next, producer.get, producer.publish
        for value in values:
            sequence = next_()
            get(sequence).value = value
            publish(sequence)

    return body


def publish_chunks(ring: RingBuffer[Any], values: Sequence[int], chunk: int) -> Callable[[], None]:
    """The body of a thread that publishes `chunk` values at a time."""

    def body() -> None:
        ring.producer().publish_values(values, chunk=chunk)

    return body


def run(disruptor: Disruptor[Any], *bodies: Callable[[], None], deliveries: int) -> Measurement:
    """Start the disruptor, publish with `bodies`, and stop when every event is handled."""
    with disruptor:
        return together(*bodies, finish=lambda: disruptor.shutdown(DEADLINE_SECONDS)).run(
            deliveries
        )


def shares(values: list[int], producers: int) -> list[list[int]]:
    """The values that each producer sends."""
    return [values[number::producers] for number in range(producers)]
