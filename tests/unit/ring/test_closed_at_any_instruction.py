"""A ring is closed at each instruction of a publication, which is then accepted or refused.

An accepted one is counted when `close` returns.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import Producer, ProducerType, RingBuffer, RingBufferClosedError, Sequence
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer
from tests.support.instructions import at_instruction

#: What claims and publishes.
MODULES = (
    "ringbuffer.sequencer",
    "ringbuffer.producer",
    "ringbuffer.barrier",
    "ringbuffer.sequence",
)
#: More instructions than any of these calls has.
MOST = 1_000
SIZE = 4

type Own = Producer[Any]


def next_and_publish(producer: Own) -> None:
    producer.publish(producer.next())


def try_next_and_publish(producer: Own) -> None:
    producer.publish(producer.try_next())


def in_a_claim(producer: Own) -> None:
    with producer.claim(2) as batch:
        batch[:] = [1, 2]


def in_a_loop(producer: Own) -> None:
    for _ in producer.publish_each([1]):
        pass


def is_between_two_stores(ring: RingBuffer[Any]) -> bool:
    """Whether the thread that claims alone has announced a claim, and not made it yet."""
    sequencer = ring.sequencer
    return isinstance(sequencer, BiasedProducerSequencer) and sequencer.has_claim_on_its_way()


WAYS: dict[str, tuple[bool, Callable[[Own], object]]] = {
    "publish_value": (True, lambda producer: producer.publish_value(1)),
    "try_publish_value": (True, lambda producer: producer.try_publish_value(1)),
    "publish_values": (True, lambda producer: producer.publish_values([1, 2])),
    "next": (True, next_and_publish),
    "try_next": (True, try_next_and_publish),
    "claim": (True, in_a_claim),
    "publish_event": (False, lambda producer: producer.publish_event(lambda event, sequence: None)),
    "try_publish_event": (
        False,
        lambda producer: producer.try_publish_event(lambda event, sequence: None),
    ),
    "publish_events": (
        False,
        lambda producer: producer.publish_events(lambda event, sequence, number: None, [1, 2]),
    ),
    "publish_each": (False, in_a_loop),
}


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.verify)])
@pytest.mark.parametrize("filled", [0, SIZE], ids=["within the limit", "beyond the limit"])
@pytest.mark.parametrize("kind", ProducerType, ids=lambda kind: kind.value)
@pytest.mark.parametrize("name", WAYS)
def test_what_is_accepted_is_known_when_close_returns(
    name: str, kind: ProducerType, filled: int, step: int
) -> None:
    holds_values, publish = WAYS[name]
    accepted = refused = 0
    # CPython reports no instruction of a function that runs for the first time: so run it once.
    for number in (-1, *range(0, MOST, step)):
        ring: RingBuffer[Any] = (
            RingBuffer.of_values(SIZE, kind) if holds_values else RingBuffer(SIZE, dict, kind)
        )
        own = Sequence()
        ring.add_gating_sequences(own)
        producer = ring.producer()
        for _ in range(filled):
            next_and_publish(producer)
        before = ring.cursor
        own.set(before)
        advanced = ring.on_advance()
        if advanced is not None:
            advanced()
        claimed: list[int] = []

        def close(ring: RingBuffer[Any] = ring, claimed: list[int] = claimed) -> None:
            if is_between_two_stores(ring):
                return  # no signal handler can run there, and another thread would wait
            ring.close()
            claimed.append(ring.sequencer.claimed)

        with at_instruction(number, MODULES, close) as count:
            try:
                publish(producer)
            except RingBufferClosedError:
                refused += 1
                assert ring.sequencer.published() == before, (
                    f"closed at instruction {number}: refused, and published"
                )
            else:
                accepted += 1
                assert ring.sequencer.published() > before
        if number < 0:
            continue
        if not claimed and number < count[0]:
            assert kind is ProducerType.AUTO
            continue
        if not claimed:
            break
        published = ring.sequencer.published()
        assert published <= claimed[0], (
            f"closed at instruction {number}: {published} published, {claimed[0]} claimed"
        )
        assert ring.sequencer.claimed == published, f"closed at instruction {number}: a hole"
    assert accepted * step >= 5, (
        accepted
    )  # as many instructions follow the last look whether it is closed
    assert refused * step > 5, refused
