"""`publish_each`: a loop whose body fills an event for each item."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    BlockingWaitStrategy,
    ClaimTimeoutError,
    DeadlockError,
    Producer,
    ProducerThreadError,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    SleepingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from tests.support.threads import Background
from tests.unit.producer.kit import Box, boxes, each_kind, shown, values


@each_kind
def test_each_item_gets_an_event_of_its_own(kind: ProducerType) -> None:
    ring, poller = boxes(4, kind)
    seen: list[Any] = []
    for event, item in ring.publish_each(range(100)):
        event.value = item
        if item % 3 == 0:
            seen += shown(poller)
    assert seen + shown(poller) == list(range(100))


@each_kind
def test_an_event_is_published_before_the_next_item_is_asked_for(kind: ProducerType) -> None:
    ring, poller = boxes(4, kind)
    visible: list[list[Any]] = []

    def items() -> Iterator[str]:
        for item in "abc":
            visible.append(shown(poller))
            assert ring.sequencer.claimed == ring.cursor == len(visible) - 2, (
                "a slot is claimed for an item that is not there"
            )
            yield item
        visible.append(shown(poller))

    for event, item in ring.publish_each(items()):
        event.value = item
        assert ring.sequencer.claimed == len(visible) - 1
    assert visible == [[], ["a"], ["b"], ["c"]]


def break_off(pairs: Callable[[], Iterator[tuple[Box, str]]]) -> None:
    for event, item in pairs():
        event.value = item
        if item == "b":
            break


def fail(pairs: Callable[[], Iterator[tuple[Box, str]]]) -> None:
    with pytest.raises(ZeroDivisionError):
        for event, item in pairs():
            event.value = item
            if item == "b":
                raise ZeroDivisionError


def close(pairs: Callable[[], Iterator[tuple[Box, str]]]) -> None:
    each: Any = pairs()
    next(each)[0].value = "a"
    next(each)[0].value = "b"
    each.close()


def drop(pairs: Callable[[], Iterator[tuple[Box, str]]]) -> None:
    each = pairs()
    next(each)[0].value = "a"
    next(each)[0].value = "b"


@each_kind
@pytest.mark.parametrize("leave", [break_off, fail, close, drop])
def test_an_event_whose_turn_was_left_is_skipped(
    kind: ProducerType, leave: Callable[[Callable[[], Iterator[tuple[Box, str]]]], None]
) -> None:
    ring, poller = boxes(4, kind)
    producer = ring.producer()
    leave(lambda: producer.publish_each("abc"))
    assert ring.sequencer.published() == ring.sequencer.claimed == 1
    for event, item in producer.publish_each("yz"):
        event.value = item
    assert shown(poller) == ["a", "y", "z"]


@each_kind
def test_what_an_iterable_gave_before_it_raised_is_published(kind: ProducerType) -> None:
    ring, poller = boxes(4, kind)

    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        for event, item in ring.publish_each(items()):
            event.value = item
    assert ring.sequencer.claimed == ring.cursor == 1
    assert shown(poller) == [1, 2]
    assert ring.next() == 2


@each_kind
def test_an_item_that_finds_no_room_is_in_the_error(kind: ProducerType) -> None:
    ring, poller = boxes(2, kind)
    with pytest.raises(ClaimTimeoutError) as refused:
        for event, item in ring.publish_each("abcd", timeout=0.001):
            event.value = item
    assert refused.value.unpublished == ("c",)
    assert ring.sequencer.claimed == 1
    assert shown(poller) == ["a", "b"]
    ring.close()
    with pytest.raises(RingBufferClosedError) as closed:
        next(ring.publish_each("x"))
    assert closed.value.unpublished == ("x",)


@each_kind
def test_bad_arguments_are_refused_before_anything_is_taken(kind: ProducerType) -> None:
    ring, _ = boxes(2, kind)
    items = iter("ab")
    with pytest.raises(TypeError, match="timeout"):
        ring.publish_each(items, timeout="soon")  # type: ignore[arg-type]
    ring_of_values, _ = values(2, kind)
    with pytest.raises(TypeError, match="use publish_value"):
        ring_of_values.publish_each(items)
    assert "".join(items) == "ab"
    assert ring.sequencer.claimed == -1


def test_with_one_producer_nothing_else_is_claimed_inside_the_loop() -> None:
    ring, poller = boxes(8, ProducerType.SINGLE)
    producer = ring.producer()

    def fill(event: Box, sequence: int) -> None:
        event.value = sequence

    refused: list[Any] = [
        producer.next,
        producer.try_next,
        lambda: producer.publish(0),
        lambda: producer.skip(0),
        lambda: producer.publish_event(fill),
        lambda: next(producer.publish_each("x")),
        producer.release,
    ]
    for event, call in producer.publish_each(refused):
        with pytest.raises(RuntimeError, match="inside a loop over publish_each"):
            call()
        event.value = "filled"
    assert shown(poller) == ["filled"] * len(refused)
    producer.publish_event(fill)
    producer.release()
    assert shown(poller) == [len(refused)]


def test_with_one_producer_what_is_claimed_is_published_first() -> None:
    ring, poller = boxes(8, ProducerType.SINGLE)
    sequence = ring.next(2)
    items = iter("ab")
    with pytest.raises(ValueError, match="publish what is claimed first: 0 to 1"):
        next(ring.publish_each(items))
    assert next(items) == "a"
    ring.publish(0, sequence)
    for event, item in ring.publish_each(items):
        event.value = item
    assert shown(poller) == ["stale", "stale", "b"]


def test_with_several_producers_others_may_claim_inside_the_loop() -> None:
    ring, poller = boxes(8)
    for event, item in ring.publish_each("abc"):
        event.value = item
        ring.publish_event(
            lambda other, sequence, text: setattr(other, "value", text), item.upper()
        )
    assert shown(poller) == list("aAbBcC")


def test_another_thread_cannot_use_the_loop_of_a_single_producer() -> None:
    ring, _ = boxes(8, ProducerType.SINGLE)
    producer = ring.producer()
    pairs = producer.publish_each("ab")

    def misuse() -> None:
        with pytest.raises(ProducerThreadError):
            producer.publish_each("x")
        with pytest.raises(ProducerThreadError):
            next(pairs)

    Background(misuse).start().join()
    assert ring.sequencer.claimed == -1


def test_the_loop_of_a_thread_that_has_ended_leaves_its_claim_to_the_next_owner() -> None:
    ring, poller = boxes(8, ProducerType.SINGLE)
    left: list[Iterator[tuple[Box, str]]] = []

    def die() -> None:
        pairs = ring.producer().publish_each("ab")
        next(pairs)[0].value = "half"
        left.append(pairs)

    Background(die).start().join()
    producer = ring.producer()
    left.pop().close()  # type: ignore[attr-defined]
    assert ring.sequencer.claimed == 0
    assert ring.cursor == -1
    producer.skip(0)
    for event, item in producer.publish_each("cd"):
        event.value = item
    assert shown(poller) == ["c", "d"]


def test_a_loop_that_waits_for_itself_gets_an_error() -> None:
    ring = RingBuffer(2, Box, ProducerType.SINGLE)

    def handle(event: Box, sequence: int, end_of_batch: bool) -> None:
        for _ in ring.publish_each(range(5)):
            pass

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    with ring.producer() as producer:
        producer.publish(producer.next())
    with pytest.raises(DeadlockError):
        processor.run()


class InterruptedSignal(YieldingWaitStrategy):
    """A signal that is interrupted."""

    is_blocking = True

    def signal_all_when_blocking(self) -> None:
        raise KeyboardInterrupt


@each_kind
def test_what_is_published_when_a_signal_is_interrupted_stays_so(kind: ProducerType) -> None:
    ring = RingBuffer(4, Box, kind, InterruptedSignal())
    ring.add_gating_sequences()
    with pytest.raises(KeyboardInterrupt):
        for event, item in ring.publish_each("ab"):
            event.value = item
    assert ring.sequencer.published() == ring.sequencer.claimed == 0
    assert ring[0].value == "a"
    assert not ring.sequencer.state.skipped.view().concerns(0)


@each_kind
@pytest.mark.parametrize("strategy", [BlockingWaitStrategy, SleepingWaitStrategy])
def test_consumers_get_every_event_as_it_is_published(
    kind: ProducerType, strategy: type[WaitStrategy]
) -> None:
    ring = RingBuffer(8, Box, kind, strategy())
    seen: list[Any] = []
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda event, sequence, last: seen.append(event.value)
    )
    with processor:
        for event, item in ring.publish_each(range(2000)):
            event.value = item
        ring.new_barrier(processor.sequence).wait_for(1999)
    assert seen == list(range(2000))


def test_threads_that_loop_at_once_mix_and_lose_nothing() -> None:
    ring = RingBuffer(16, Box, ProducerType.MULTI, YieldingWaitStrategy())
    seen: list[tuple[int, int]] = []
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda event, sequence, last: seen.append(event.value)
    )

    def produce(number: int) -> None:
        producer: Producer[Box] = ring.producer()
        for event, item in producer.publish_each(range(1000)):
            event.value = (number, item)

    with processor:
        threads = [Background(lambda number=number: produce(number)).start() for number in range(3)]  # type: ignore[misc]
        for thread in threads:
            thread.join()
        ring.new_barrier(processor.sequence).wait_for(2999)
    for number in range(3):
        assert [item for who, item in seen if who == number] == list(range(1000))
