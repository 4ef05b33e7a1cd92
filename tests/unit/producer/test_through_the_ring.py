"""`publish_event` and `publish_value` of a ring or a disruptor, by the thread's own operation."""

import gc
import inspect
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import (
    ClaimTimeoutError,
    Disruptor,
    ForkedProcessError,
    ProducerThreadError,
    ProducerType,
    RingBuffer,
    YieldingWaitStrategy,
)
from ringbuffer.producer import EventSink
from tests.support.threads import Background
from tests.unit.forks.kit import in_child

KINDS = list(ProducerType)


def put(event: list[object], sequence: int, *values: object) -> None:
    event[:] = values


class Putter:
    def translate_to(self, event: list[object], sequence: int, *values: object) -> None:
        put(event, sequence, *values)

    def put(self, event: list[object], sequence: int, *values: object) -> None:
        put(event, sequence, *values)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("translator", [put, Putter(), Putter().put])
@pytest.mark.parametrize("values", [(), (1,), (None,), (1, 2), (1, 2, 3)])
def test_a_translator_gets_all_its_arguments(
    kind: ProducerType, translator: Any, values: tuple[object, ...]
) -> None:
    ring = RingBuffer(2, list[object], kind)
    assert ring.publish_event(translator, *values) == 0
    assert ring.publish_event(translator, *values, timeout=1.0) == 1
    assert [tuple(ring.get(sequence)) for sequence in range(2)] == [values] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_function_that_one_thread_asked_for_serves_another_one(kind: ProducerType) -> None:
    ring = RingBuffer.of_values(8, kind)
    publish = ring.publish_value
    assert publish("first") == 0
    if kind is ProducerType.SINGLE:
        with pytest.raises(ProducerThreadError):
            Background(lambda: publish("of a second producer")).start().join()
        ring.producer().release()
    assert Background(lambda: publish("second")).start().join() == 1
    if kind is ProducerType.MULTI:
        assert publish("third") == 2


def test_the_thread_that_released_a_single_producer_may_produce_again() -> None:
    ring = RingBuffer(8, list[object], ProducerType.SINGLE)
    for expected in range(3):
        assert ring.publish_event(put) == expected
        ring.producer().release()


def test_a_thread_takes_over_from_a_single_producer_that_has_ended() -> None:
    ring = RingBuffer(8, list[object], ProducerType.SINGLE)
    for expected in range(3):
        assert Background(lambda: ring.publish_event(put)).start().join() == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_ring_times_out_and_a_bad_time_limit_claims_nothing(kind: ProducerType) -> None:
    ring, values = RingBuffer(1, list[object], kind), RingBuffer.of_values(1, kind)
    publications: list[Callable[[float], int]] = [
        lambda limit: ring.publish_event(put, timeout=limit),
        lambda limit: values.publish_value(1, limit),
    ]
    for each, publish in zip((ring, values), publications, strict=True):
        with each.poller():
            assert publish(1.0) == 0
            with pytest.raises(ClaimTimeoutError):
                publish(0.001)
            with pytest.raises(ValueError, match="nan"):
                publish(float("nan"))
        assert publish(1.0) == 1


def test_many_threads_publish_through_one_disruptor() -> None:
    handled: list[tuple[int, int]] = []
    disruptor = Disruptor(list[Any], 16, wait_strategy=YieldingWaitStrategy())
    disruptor.handle_events_with(lambda event, sequence, end: handled.append(tuple(event)))

    def produce(who: int) -> None:
        for number in range(500):
            disruptor.publish_event(put, who, number)

    with disruptor:
        threads = [threading.Thread(target=produce, args=(who,)) for who in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for who in range(4):
        assert [number for by, number in handled if by == who] == list(range(500))


@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_the_signature_and_the_documentation_of_the_method(kind: ProducerType) -> None:
    for made in (RingBuffer(2, list[object], kind), Disruptor(list[object], 2, kind)):
        function: Any = made.publish_event
        method = EventSink.publish_event
        assert inspect.signature(function) == inspect.signature(method.__get__(made))
        assert inspect.getdoc(function) == inspect.getdoc(method)
        assert function.__qualname__ == f"{type(made).__name__}.publish_event"


def test_a_class_that_replaces_the_method_or_the_producer_keeps_its_own() -> None:
    class Counting(RingBuffer[list[object]]):
        published = 0

        def publish_event(self, *arguments: Any, **options: Any) -> int:  # type: ignore[override]
            self.published += 1
            return super().publish_event(*arguments, **options)

    class Asked(Disruptor[list[object]]):
        asked = 0

        def producer(self) -> Any:
            self.asked += 1
            return super().producer()

    ring, disruptor = Counting(2, list[object]), Asked(list[object], 2)
    assert (ring.publish_event(put), ring.published) == (0, 1)
    assert (disruptor.publish_event(put), disruptor.asked) == (0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ring_that_is_dropped_is_freed_at_once(kind: ProducerType) -> None:
    gc.disable()
    try:
        ring = RingBuffer(2, list[object], kind)
        ring.publish_event(put)
        dropped = weakref.ref(ring)
        del ring
        assert dropped() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("kind", KINDS)
def test_a_forked_child_cannot_publish_by_it(kind: ProducerType) -> None:
    ring = RingBuffer(8, list[object], kind)
    publish = ring.publish_event
    publish(put)
    with pytest.raises(ForkedProcessError):
        in_child(lambda: publish(put))
    with pytest.raises(ForkedProcessError):
        in_child(lambda: ring.publish_event(put))
    assert publish(put) == 1
