"""The library's side of the throughput scenarios, written as a user of docs/guide.md would."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from ringbuffer import Disruptor, ProducerType, RingBuffer, WaitStrategy, YieldingWaitStrategy
from ringbuffer.cli.bench.events import Event
from ringbuffer.cli.bench.scenario import Run
from ringbuffer.cli.bench.threads import DEADLINE_SECONDS, together

#: Slots of every ring, and room of every bounded queue.
CAPACITY: Final = 4096


def disruptor_of_events(producers: int, wait_strategy: WaitStrategy | None = None) -> Disruptor[Event]:
    """A ring of pre-allocated events; consumers yield unless they are told to wait in another way."""
    return Disruptor(Event, CAPACITY, _kind(producers), wait_strategy or YieldingWaitStrategy())


def disruptor_of_values(producers: int, wait_strategy: WaitStrategy | None = None) -> Disruptor[Any]:
    """A ring of values."""
    return Disruptor.of_values(CAPACITY, _kind(producers), wait_strategy or YieldingWaitStrategy())


def _kind(producers: int) -> ProducerType:
    return ProducerType.SINGLE if producers == 1 else ProducerType.MULTI


def publish_each(ring: RingBuffer[Event], values: Sequence[int]) -> Callable[[], None]:
    """The body of a thread that claims, fills and publishes one event after the other, through its own producer."""

    def body() -> None:
        for event, value in ring.producer().publish_each(values):
            event.value = value

    return body


def publish_by_steps(ring: RingBuffer[Event], values: Sequence[int]) -> Callable[[], None]:
    """The same by the calls for each step, as a producer does that has no loop of its own."""

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


def run(disruptor: Disruptor[Any], *bodies: Callable[[], None], deliveries: int) -> Run:
    """Start the disruptor, publish by `bodies`, and stop when everything is handled."""
    with disruptor:
        return together(*bodies, finish=lambda: disruptor.shutdown(DEADLINE_SECONDS)).run(deliveries)


def shares(values: list[int], producers: int) -> list[list[int]]:
    """What each producer sends."""
    return [values[number::producers] for number in range(producers)]
