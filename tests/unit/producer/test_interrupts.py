"""Interrupts of producers, at any moment: no hole is left, and callers know what was published."""

import contextlib
import gc
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringbuffer import InsufficientCapacityError, ProducerType, RingBuffer
from tests.support.interrupts import by_another_thread, by_signal
from tests.support.repetition import repeated
from tests.unit.producer.kit import Box, each_kind

#: Gets a producer. Publishes numbers in order, without an end, and appends to the list each number
#: that it knows to be published.
type Work = Callable[[Any, list[int]], object]


def fill(event: Box, sequence: int, number: int) -> None:
    event.value = number


def one_by_one(publish: Callable[[int], object], done: list[int]) -> None:
    for number in numbers():
        while True:
            try:
                publish(number)
                break
            except InsufficientCapacityError:
                pass  # until it is interrupted
        done.append(number)


def numbers() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def by_hand(producer: Any, done: list[int]) -> None:
    def publish(number: int) -> None:
        sequence = producer.next()
        try:
            producer.get(sequence).value = number
            producer.publish(sequence)
        except BaseException:
            with contextlib.suppress(ValueError):  # it is published
                producer.skip(sequence)
            raise

    one_by_one(publish, done)


def by_hand_in_ranges(producer: Any, done: list[int]) -> None:
    def publish(number: int) -> None:
        high = producer.try_next(3)
        low = high - 2
        try:
            for sequence in range(low, high + 1):
                producer.get(sequence).value = number
            producer.publish(low, high)
        except BaseException:
            with contextlib.suppress(ValueError):
                producer.skip(low, high)
            raise

    one_by_one(publish, done)


def skip(producer: Any, done: list[int]) -> None:
    while True:
        high = producer.next(3)
        try:
            producer.skip(high - 2, high)
        except BaseException:
            with contextlib.suppress(ValueError):
                producer.skip(high - 2, high)
            raise


def block(producer: Any, done: list[int]) -> None:
    def publish(number: int) -> None:
        with producer.claim(3) as batch:
            for event in batch:
                event.value = number

    one_by_one(publish, done)


def in_a_loop(producer: Any, done: list[int]) -> None:
    number = -1
    for event, number in producer.publish_each(numbers()):
        if number:
            done.append(number - 1)
        event.value = number


EVENTS: dict[str, Work] = {
    "publish_event": lambda producer, done: one_by_one(
        lambda number: producer.publish_event(fill, number), done
    ),
    "try_publish_event": lambda producer, done: one_by_one(
        lambda number: producer.try_publish_event(fill, number), done
    ),
    "publish_events": lambda producer, done: one_by_one(
        lambda number: producer.publish_events(fill, [number] * 3), done
    ),
    "publish_each": in_a_loop,
    "claim": block,
    "next and publish": by_hand,
    "try_next and publish of a range": by_hand_in_ranges,
    "next and skip": skip,
}
VALUES: dict[str, Work] = {
    "publish_value": lambda producer, done: one_by_one(producer.publish_value, done),
    "try_publish_value": lambda producer, done: one_by_one(producer.try_publish_value, done),
    "publish_values": lambda producer, done: one_by_one(
        lambda number: producer.publish_values([number] * 3), done
    ),
}


def interrupted_rounds(
    make: Callable[[], RingBuffer[Any]],
    work: Work,
    run: Callable[..., None],
    seed: str,
    times: int,
) -> None:
    chance = random.Random(seed)
    for _ in range(times):
        ring = make()
        poller, done = ring.poller(), list[int]()

        def produce(ring: RingBuffer[Any] = ring, done: list[int] = done) -> None:
            with ring.producer() as producer:
                work(producer, done)

        run(produce, chance)
        gc.collect(0)
        sequencer = ring.sequencer
        assert sequencer.published() == sequencer.claimed, "a hole"
        waits = sequencer.state.claim_stalls.by_thread().values()
        assert all(wait.wanted is None or wait.wanted <= sequencer.claimed for wait in waits)
        taken = [event.value if isinstance(event, Box) else event for event in poller.take()]
        seen = list(dict.fromkeys(taken))
        assert seen == list(range(len(seen)))
        assert len(done) <= len(seen) <= len(done) + 1
        assert not taken or len(taken) % len(seen) == 0, "a part of a claim was shown"
        ring.close()
        assert taken == [number for number in seen for _ in range(len(taken) // len(seen))]


@repeated(3, 24)
@each_kind
@pytest.mark.parametrize("run", [by_signal, by_another_thread])
@pytest.mark.parametrize("name", [*EVENTS, *VALUES])
def test_an_interrupt_at_any_moment_leaves_no_hole(
    kind: ProducerType, run: Callable[..., None], name: str, times: int
) -> None:
    if name in EVENTS:
        interrupted_rounds(lambda: RingBuffer(1 << 10, Box, kind), EVENTS[name], run, name, times)
    else:
        interrupted_rounds(
            lambda: RingBuffer.of_values(1 << 10, kind), VALUES[name], run, name, times
        )
