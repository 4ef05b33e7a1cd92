"""Wrong arguments of every kind: refused early, with what was wrong and what to do."""

import functools
import itertools
from typing import Any

import pytest

import ringbuffer
from tests.unit.disruptor.kit import Cell, Keeping, new_disruptor, put
from tests.unit.processors.kit import new_ring

#: Untyped: most of these are wrong in a way that a type checker sees before.
R: Any = ringbuffer
H: Any = type("H", (), {"on_event": lambda self, event, sequence, last: None})


PUT: Any = put


def wired() -> Any:
    return new_disruptor()


def ring() -> Any:
    return new_ring(4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: R.RingBuffer(8.0, Cell), TypeError, "buffer_size must be an integer"),
        (lambda: R.RingBuffer("8", Cell), TypeError, "buffer_size must be an integer"),
        (lambda: R.RingBuffer(True, Cell), TypeError, "buffer_size must be an integer"),
        (lambda: R.RingBuffer(2**70, Cell), ValueError, "at most"),
        (lambda: R.RingBuffer(0, Cell), ValueError, "the next one is 1"),
        (lambda: R.RingBuffer(8, Cell, "single"), TypeError, "must be ProducerType.SINGLE, "),
        (lambda: R.Disruptor(Cell, 8, None), TypeError, "must be ProducerType.SINGLE, "),
        (
            lambda: R.RingBuffer(8, Cell, R.ProducerType.MULTI, R.BlockingWaitStrategy),
            TypeError,
            "pass BlockingWaitStrategy",
        ),
        (
            lambda: R.RingBuffer(8, Cell, R.ProducerType.MULTI, "x"),
            TypeError,
            "must have a method wait_for",
        ),
        (lambda: R.RingBuffer(8, lambda shared=[]: shared), ValueError, "more than once"),
        (lambda: wired().handle_events_with(H), TypeError, "is a class: pass an instance of it"),
        (lambda: wired().handle_events_with(lambda value: 0), TypeError, "must take 3 argument"),
        (
            lambda: wired().handle_events_with(functools.partial(PUT, 1, 2, 3)),
            TypeError,
            "must take 3 argument",
        ),
        (
            lambda: wired().handle_events_with(R.HandlerSpec(H(), exception_handler=Keeping)),
            TypeError,
            "not the class",
        ),
        (
            lambda: wired().handle_events_with(R.HandlerSpec(H(), exception_handler=3)),
            TypeError,
            "must have a method",
        ),
        (lambda: wired().set_default_exception_handler(None), TypeError, "must have a method"),
        (
            lambda: wired().handle_events_with(R.HandlerSpec(H(), rewind=R.RewindAlways)),
            TypeError,
            "not the class",
        ),
        (
            lambda: wired().handle_events_with(R.HandlerSpec(H(), max_batch_size=2.5)),
            TypeError,
            "must be an integer",
        ),
        (
            lambda: wired().handle_events_with(R.HandlerSpec(H(), name=5)),
            TypeError,
            "name must be a string",
        ),
        (
            lambda: wired().handle_events_with(R.HandlerSpec(H(), cpu=True)),
            TypeError,
            "must be the number of a core",
        ),
        (lambda: wired().handle_events_with(H()).and_("x"), TypeError, "joins two groups"),
        (lambda: R.WorkerPool(ring(), max_chunk=2.5), TypeError, "must be an integer"),
        (lambda: ring().poller().poll(None), TypeError, "cannot be polled with"),
        (lambda: ring().poller().poll(put, 1.5), TypeError, "must be an integer"),
        (lambda: ring().stream(max_batch_size="1"), TypeError, "must be an integer"),
        (lambda: ring().new_barrier(None), TypeError, "depends on sequences"),
        (lambda: ring().claim(True).__enter__(), TypeError, "must be an integer"),
        (
            lambda: R.RingBuffer.of_values(4).publish_values([1], chunk=2.5),
            TypeError,
            "must be an integer",
        ),
        (lambda: ring().publish_events(put, count="3"), TypeError, "count must be an integer"),
        (
            lambda: ring().publish_events(put, itertools.count(), count=3),
            ValueError,
            "different lengths",
        ),
        (lambda: ring().publish_events(put, itertools.count()), ValueError, "5 events at once"),
    ],
)
def test_wrong_arguments_are_refused_early_with_what_to_do(
    make: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()
