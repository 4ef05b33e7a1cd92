"""Processors pass over skipped sequences, and finish them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import BatchEventProcessor, ProducerType
from tests.unit.processors.kit import Recorder, new_ring, publish_batch, wait_for_sequence


class Batches:
    def __init__(self) -> None:
        self.seen: list[tuple[int, list[int]]] = []

    def on_batch(self, events: list[Any], first: int) -> None:
        self.seen.append((first, [event.value for event in events]))


@pytest.mark.parametrize("kind", list(ProducerType))
def test_the_last_event_that_is_shown_ends_the_batch(kind: ProducerType) -> None:
    ring, recorder, batches = new_ring(8, kind), Recorder(), Batches()
    processors = [
        BatchEventProcessor(ring, ring.new_barrier(), handler) for handler in (recorder, batches)
    ]
    publish_batch(ring, [0, 1])
    ring.skip(ring.next())
    publish_batch(ring, [3])
    ring.skip(ring.next())
    for processor in processors:
        with processor:
            wait_for_sequence(ring, processor, 4)
    assert recorder.seen == [(0, 0, False), (1, 1, False), (3, 3, True)]
    assert batches.seen == [(0, [0, 1]), (3, [3])]


def test_a_failure_next_to_a_skipped_event_is_reported_for_the_right_one() -> None:
    ring = new_ring(8)
    failed: list[int] = []

    class Keeping:
        def handle_event_exception(self, error: Exception, sequence: int, event: Any) -> None:
            failed.append(event.value)

        def handle_on_start_exception(self, error: Exception) -> None: ...
        def handle_on_shutdown_exception(self, error: Exception) -> None: ...

    def fail(event: Any, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError

    processor = BatchEventProcessor(ring, ring.new_barrier(), fail, exception_handler=Keeping())
    publish_batch(ring, [0])
    ring.skip(ring.next())
    publish_batch(ring, [2])
    with processor:
        wait_for_sequence(ring, processor, 2)
    assert failed == [0, 2]


@given(
    plan=st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=30),
    exponent=st.integers(0, 4),
    kind=st.sampled_from(ProducerType),
    max_batch_size=st.none() | st.integers(1, 4),
)
def test_whatever_is_skipped_every_consumer_sees_the_rest(
    plan: list[tuple[int, bool]], exponent: int, kind: ProducerType, max_batch_size: int | None
) -> None:
    ring, recorder, batches = new_ring(1 << exponent, kind), Recorder(), Batches()
    first = BatchEventProcessor(ring, ring.new_barrier(), recorder, max_batch_size=max_batch_size)
    second = BatchEventProcessor(
        ring, ring.new_barrier(first.sequence), batches, max_batch_size=max_batch_size
    )
    expected: list[int] = []
    high = -1
    with first, second:
        for wanted, skip in plan:
            n = min(wanted, ring.buffer_size)
            high = ring.next(n)
            low = high - n + 1
            if skip:
                ring.skip(low, high)
                continue
            for sequence in range(low, high + 1):
                ring[sequence].value = sequence
            expected += range(low, high + 1)
            ring.publish(low, high)
        wait_for_sequence(ring, second, high)
    assert recorder.values == recorder.sequences == expected
    assert [value for _, values in batches.seen for value in values] == expected
    assert all(values[0] == first for first, values in batches.seen)
