"""Rings of values: any object, chunks by slice, and exact accounts when something goes wrong."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import (
    BatchEventProcessor,
    ClaimTimeoutError,
    DeadlockError,
    InsufficientCapacityError,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
)
from tests.support.threads import Background
from tests.unit.producer.kit import boxes, each_kind, values


@each_kind
def test_any_object_goes_through(kind: ProducerType) -> None:
    ring, poller = values(8, kind)
    things = [None, 0, "text", [1], {}, object(), ring]
    for sequence, thing in enumerate(things):
        assert ring.publish_value(thing) == sequence
    assert list(poller.take()) == things
    assert ring.try_publish_value("x") == 7
    ring.producer()[ring.next()] = "by hand"
    ring.publish(8)
    assert list(poller.take()) == ["x", "by hand"]
    assert ring.holds_values


def test_a_ring_of_events_takes_no_values() -> None:
    ring, _ = boxes(4)
    anything: Any = ring
    for publish in (anything.publish_value, anything.try_publish_value, anything.publish_values):
        with pytest.raises(TypeError, match="pre-allocated events"):
            publish([1])
    assert ring.cursor == -1
    assert not ring.holds_values


@each_kind
@pytest.mark.parametrize(
    "make", [list, tuple, iter, dict.fromkeys, lambda numbers: (n for n in numbers)]
)
@pytest.mark.parametrize("chunk", [None, 1, 3, 4])
def test_many_values_go_through_in_chunks(
    kind: ProducerType, make: type, chunk: int | None
) -> None:
    ring = RingBuffer.of_values(4, kind)
    seen: list[int] = []

    class Batches:
        def on_batch(self, batch: list[int], first: int) -> None:
            assert first == len(seen)
            seen.extend(batch)

    with BatchEventProcessor(ring, ring.new_barrier(), Batches()) as processor:
        assert ring.publish_values(make(range(200)), chunk=chunk) == 200
        ring.new_barrier(processor.sequence).wait_for(199)
    assert seen == list(range(200))


def test_a_chunk_moves_with_one_claim_and_one_publication() -> None:
    ring, _ = values(1024, ProducerType.SINGLE)
    assert ring.publish_values(range(600)) == 600
    assert ring.publish_values([], timeout=0) == 0


@pytest.mark.parametrize("chunk", [0, -1, 5])
def test_a_chunk_that_fits_no_ring_is_refused(chunk: int) -> None:
    ring, _ = values(4)
    with pytest.raises(ValueError, match="chunk must be"):
        ring.publish_values([1], chunk=chunk)
    assert ring.cursor == -1


def test_without_room_the_try_raises_and_the_others_say_what_they_have_done() -> None:
    ring, poller = values(4)
    with pytest.raises(ClaimTimeoutError) as caught:
        ring.publish_values(itertools.count(), timeout=0.01, chunk=2)
    assert caught.value.published == 4
    assert caught.value.unpublished == (4, 5)
    with pytest.raises(InsufficientCapacityError):
        ring.try_publish_value("x")
    with pytest.raises(ClaimTimeoutError) as caught:
        ring.publish_value("x", timeout=0.001)
    assert caught.value.published == 0
    assert list(poller.take()) == [0, 1, 2, 3]


def test_the_timeout_is_for_the_whole_call() -> None:
    ring, poller = values(2)
    stop = False

    def drain() -> None:
        while not stop:
            list(poller.take(1))

    with Background(drain):
        try:
            with pytest.raises(ClaimTimeoutError, match="within"):
                ring.publish_values(itertools.count(), timeout=0.05)
        finally:
            stop = True


def test_a_close_in_the_middle_says_what_was_not_published() -> None:
    ring, _ = values(4)

    def source() -> Iterator[int]:
        yield 1
        yield 2
        yield 3
        ring.close()
        yield 4

    with pytest.raises(RingBufferClosedError) as caught:
        ring.publish_values(source(), chunk=2)
    assert (caught.value.published, caught.value.unpublished) == (2, (3, 4))


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_what_an_iterable_gave_before_it_raised_is_published(
    error: type[BaseException], count: int
) -> None:
    ring, poller = values(8)

    def source() -> Iterator[int]:
        yield from range(count)
        raise error("source")

    with pytest.raises(error, match="source"):
        ring.publish_values(source(), chunk=3)
    assert list(poller.take()) == list(range(count))


def test_values_out_of_turn_are_skipped_and_reported() -> None:
    ring, poller = values(8, ProducerType.SINGLE)
    with ring.claim(1) as batch:
        for publish in (ring.publish_value, ring.try_publish_value):
            with pytest.raises(ValueError, match="cannot publish"):
                publish("too early")
        with pytest.raises(ValueError, match="cannot publish"):
            ring.publish_values(["too", "early"])
        batch[0] = "first"
    ring.publish_value("second")
    assert list(poller.take()) == ["first", "second"]
    assert poller.sequence.get() == 5


def test_a_handler_that_fills_its_own_ring_gets_an_error_that_says_so() -> None:
    ring = RingBuffer.of_values(2)
    caught: list[DeadlockError] = []

    def handle(value: object, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            try:
                ring.publish_values(["a", "b", "c"], chunk=1)
            except DeadlockError as error:
                caught.append(error)

    with BatchEventProcessor(ring, ring.new_barrier(), handle) as processor:
        ring.publish_value("go")
        ring.new_barrier(processor.sequence).wait_for(1)
    assert (caught[0].published, caught[0].unpublished) == (1, ("b",))


@given(
    chunks=st.lists(st.lists(st.integers(), max_size=20), max_size=10),
    exponent=st.integers(0, 4),
    kind=st.sampled_from(ProducerType),
)
def test_what_goes_in_comes_out(chunks: list[list[int]], exponent: int, kind: ProducerType) -> None:
    ring = RingBuffer.of_values(1 << exponent, kind)
    poller = ring.poller()
    seen: list[int] = []

    def checked(values: Iterable[int]) -> Iterator[int]:
        for value in values:
            if ring.remaining_capacity() < max(1, ring.buffer_size // 2):
                seen.extend(poller.take())
            yield value

    for chunk in chunks:
        while ring.remaining_capacity() < ring.buffer_size:
            seen.extend(poller.take())
        assert ring.publish_values(checked(chunk), timeout=1, chunk=1) == len(chunk)
    seen.extend(poller.take())
    assert seen == [value for chunk in chunks for value in chunk]
    assert list(ring.slots.view()) == [None] * ring.buffer_size


@each_kind
@pytest.mark.parametrize("in_batches", [False, True])
def test_a_large_ring_takes_values_in_every_way_many_laps_round(
    kind: ProducerType, in_batches: bool
) -> None:
    """Larger than a row of slots: all ways in turn, in batches that end anywhere in a row."""
    ring = RingBuffer.of_values(512, kind)
    seen: list[int] = []

    class Each:
        def on_event(self, value: int, sequence: int, end_of_batch: bool) -> None:
            assert sequence == len(seen)
            seen.append(value)

    class Batches:
        def on_batch(self, batch: list[int], first: int) -> None:
            assert first == len(seen)
            seen.extend(batch)

    numbers = itertools.count()
    with BatchEventProcessor(
        ring, ring.new_barrier(), Batches() if in_batches else Each()
    ) as processor:
        producer = ring.producer()
        for length in [*range(1, 512, 7), 512]:
            producer.publish_value(next(numbers))
            producer.publish_values(itertools.islice(numbers, length), chunk=length)
            with producer.claim(length) as batch:
                batch[:] = itertools.islice(numbers, length)
            sequence = producer.next()
            producer[sequence] = next(numbers)
            producer.publish(sequence)
        ring.new_barrier(processor.sequence).wait_for(ring.cursor)
    assert seen == list(range(next(numbers)))
    assert list(ring.slots.view()) == [None] * 512
