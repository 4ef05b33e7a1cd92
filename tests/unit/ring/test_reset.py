"""`reset` runs after the last consumer has passed an event, before a producer fills it again."""

import logging
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    BlockingWaitStrategy,
    Disruptor,
    ProducerType,
    RingBuffer,
    Sequence,
    SkippingExceptionHandler,
)
from tests.support.threads import PATIENCE, Background

KINDS = pytest.mark.parametrize("kind", list(ProducerType))


class Order:
    def __init__(self) -> None:
        self.lines: list[int] = []
        self.resets = 0

    def reset(self) -> None:
        self.lines.clear()
        self.resets += 1


def add_line(order: Order, sequence: int) -> None:
    order.lines.append(sequence)


class Counting(BlockingWaitStrategy):
    """Counts signals."""

    signals = 0

    def signal_all_when_blocking(self) -> None:
        self.signals += 1
        super().signal_all_when_blocking()


@KINDS
def test_every_event_is_empty_when_it_is_filled_again(kind: ProducerType) -> None:
    found: list[list[int]] = []
    seen: list[list[list[int]]] = [[], []]

    def fill(order: Order, sequence: int) -> None:
        found.append(list(order.lines))
        order.lines.append(sequence)

    disruptor = Disruptor(Order, 4, kind, reset=Order.reset)
    first, second = (
        lambda order, sequence, end, kept=kept: kept.append(list(order.lines)) for kept in seen
    )
    disruptor.handle_events_with(first, second)
    with disruptor:
        for _ in range(50):
            disruptor.publish_event(fill)
    assert found == [[]] * 50
    assert seen[0] == seen[1] == [[sequence] for sequence in range(50)]
    assert [disruptor.ring.get(sequence).lines for sequence in range(4)] == [[]] * 4
    assert sum(disruptor.ring.get(sequence).resets for sequence in range(4)) == 50


def test_it_is_not_reset_before_the_slowest_consumer_has_passed_it() -> None:
    ring = RingBuffer(4, Order, reset=Order.reset)
    fast, slow = Sequence(), Sequence()
    ring.add_gating_sequences(fast, slow)
    advanced = ring.on_advance()
    assert advanced is not None
    for _ in range(4):
        ring.publish_event(add_line)
    fast.set(3)
    advanced()
    assert [ring.get(sequence).lines for sequence in range(4)] == [[0], [1], [2], [3]]
    assert ring.remaining_capacity() == 0
    slow.set(1)
    advanced()
    assert [ring.get(sequence).lines for sequence in range(4)] == [[], [], [2], [3]]
    assert ring.remaining_capacity() == 2


def test_the_reclaiming_alone_sends_no_signal_and_a_ring_without_reset_has_none() -> None:
    assert RingBuffer(4, Order).bind_reclaim() is None
    strategy = Counting()
    ring = RingBuffer(4, Order, wait_strategy=strategy, reset=Order.reset)
    own = Sequence()
    ring.add_gating_sequences(own)
    ring.publish_event(add_line)
    own.set(0)
    reclaim, advanced, before = ring.bind_reclaim(), ring.on_advance(), strategy.signals
    assert reclaim is not None
    assert advanced is not None
    reclaim()
    assert ring.get(0).lines == []
    assert strategy.signals == before
    advanced()
    assert strategy.signals == before + 1


def test_a_producer_waits_until_the_event_is_reset() -> None:
    ring = RingBuffer(1, Order, reset=Order.reset)
    own = Sequence()
    ring.add_gating_sequences(own)
    advanced = ring.on_advance()
    assert advanced is not None
    ring.publish_event(add_line)
    waiting = Background(lambda: ring.publish_event(add_line, timeout=PATIENCE)).start()
    own.set(0)
    assert ring.cursor == 0
    advanced()
    waiting.join()
    assert ring.get(1).lines == [1]


def test_events_that_were_skipped_are_reset_too() -> None:
    def fill(order: Order, sequence: int) -> None:
        order.lines.append(sequence)
        if sequence == 1:
            raise ValueError("cannot be filled")

    def handle(order: Order, sequence: int, end_of_batch: bool) -> None:
        if sequence == 2:
            raise ValueError

    seen: list[int] = []
    disruptor = Disruptor(Order, 8, reset=Order.reset)
    disruptor.set_default_exception_handler(SkippingExceptionHandler())
    disruptor.handle_events_with(handle).then(lambda order, sequence, end: seen.extend(order.lines))
    with disruptor:
        for sequence in range(5):
            if sequence == 1:
                with pytest.raises(ValueError, match="cannot be filled"):
                    disruptor.publish_event(fill)
            else:
                disruptor.publish_event(fill)
    assert seen == [0, 3, 4]
    assert [disruptor.ring.get(sequence).lines for sequence in range(5)] == [[]] * 5


def test_events_that_no_consumer_will_handle_are_reset_when_the_last_one_leaves() -> None:
    ring = RingBuffer(4, Order, reset=Order.reset)
    processor = BatchEventProcessor(ring, ring.new_barrier(), lambda order, sequence, end: None)
    for _ in range(3):
        ring.publish_event(add_line)
    assert ring.remove_gating_sequence(processor.sequence)
    assert [ring.get(sequence).lines for sequence in range(3)] == [[]] * 3


def test_an_error_of_reset_is_logged_and_the_others_are_reset(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def reset(order: Order) -> None:
        if order.lines == [1]:
            raise RuntimeError("not that one")
        order.reset()

    disruptor = Disruptor(Order, 4, reset=reset)
    disruptor.handle_events_with(lambda order, sequence, end: None)
    with disruptor:
        for _ in range(3):
            disruptor.publish_event(add_line)
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert (
        record.getMessage() == "reset failed on the event of sequence 1, which keeps its contents"
    )
    assert [disruptor.ring.get(sequence).lines for sequence in range(3)] == [[], [1], []]


@pytest.mark.parametrize("wrong", [5, lambda: None, "reset"])
def test_an_object_that_is_not_a_function_of_an_event_is_refused(wrong: Any) -> None:
    for make in (RingBuffer, lambda size, factory, reset: Disruptor(factory, size, reset=reset)):
        with pytest.raises(TypeError, match="reset must"):
            make(4, Order, reset=wrong)


def test_a_ring_without_it_has_nothing_to_do_when_a_consumer_advances() -> None:
    assert RingBuffer(4, Order).holds_values is False
    assert RingBuffer(4, Order, reset=Order.reset).holds_values is False
