"""Accepted events are handled, whenever the ring is shut down: real threads with random delays."""

import contextlib
import functools
import itertools
import threading
from typing import Any

import pytest

from ringbuffer import (
    BlockingWaitStrategy,
    Disruptor,
    InsufficientCapacityError,
    ProducerType,
    RingBufferClosedError,
    YieldingWaitStrategy,
)
from ringbuffer.producer import EventSink
from tests.support.hesitant import HesitantMemory
from tests.support.threads import PATIENCE, Background


def publish_value(producer: EventSink[Any], value: object) -> None:
    producer.publish_value(value)


def try_to_publish_value(producer: EventSink[Any], value: object) -> None:
    """Again and again. Terminates because the consumer makes room, or the ring is closed."""
    while True:
        with contextlib.suppress(InsufficientCapacityError):
            producer.try_publish_value(value)
            return


def publish_claim(producer: EventSink[Any], value: object) -> None:
    with producer.claim(1) as batch:
        batch[0] = value


#: How producers publish, before which share of the swaps they are held up, and how the consumer
#: waits.
LIVES = list(
    itertools.product(
        (publish_value, try_to_publish_value, publish_claim),
        (0.003, 0.03),
        (YieldingWaitStrategy, BlockingWaitStrategy),
    )
)


def accepted_and_handled(
    kind: ProducerType, producers: int, size: int, seed: int
) -> tuple[list[Any], list[Any]]:
    """One life: producers publish until they are refused.

    The shutdown comes when the handler has seen a number of events that depends on the seed.
    """
    publish, swaps, strategy = LIVES[seed % len(LIVES)]
    memory = HesitantMemory(seed, swaps=swaps, moves=swaps / 10)
    disruptor = Disruptor.of_values(size, kind, strategy(), memory=memory)
    handled: list[Any] = []
    enough = threading.Event()
    most = 20 + 37 * seed % 200

    def handle(value: object, sequence: int, end_of_batch: bool) -> None:
        handled.append(value)
        if len(handled) == most:
            enough.set()

    disruptor.handle_events_with(handle)
    accepted: list[list[Any]] = [[] for _ in range(producers)]

    def produce(who: int) -> None:
        producer, own = disruptor.producer(), accepted[who]
        for number in itertools.count():
            try:
                publish(producer, (who, number))
            except RingBufferClosedError:
                return
            own.append((who, number))

    disruptor.start()
    threads = [Background(functools.partial(produce, who)).start() for who in range(producers)]
    assert enough.wait(PATIENCE)
    disruptor.shutdown(PATIENCE)
    for thread in threads:
        thread.join()
    return sorted(itertools.chain(*accepted)), sorted(handled)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("size", "rounds"),
    [
        (64, 24),
        (1, 4),  # one event at a time takes long
        pytest.param(64, 280, marks=pytest.mark.verify),
        pytest.param(1, 40, marks=pytest.mark.verify),
    ],
)
@pytest.mark.parametrize(
    ("kind", "producers"),
    [
        pytest.param(ProducerType.MULTI, 3, id="several"),
        pytest.param(ProducerType.SINGLE, 1, id="one"),
    ],
)
def test_a_shutdown_that_races_producers_loses_nothing_and_adds_nothing(
    kind: ProducerType, producers: int, size: int, rounds: int
) -> None:
    lost = 0
    for seed in range(rounds):
        accepted, handled = accepted_and_handled(kind, producers, size, seed)
        lost += len(set(accepted) - set(handled))
        assert set(handled) <= set(accepted), f"seed {seed}: what was refused was handled"
        assert len(handled) == len(set(handled)), f"seed {seed}: handled twice"
        assert len(accepted) > 0
    assert lost == 0
