"""A handler with the method `on_error`, which nothing calls: a warning says what to use."""

import warnings
from typing import Any

import pytest

from ringbuffer import AggregateEventHandler, BatchEventProcessor, Disruptor, WorkerPool
from tests.unit.processors.kit import Cell, new_ring


class WithOnError:
    def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        """Handles nothing."""

    def on_error(self, error: Exception, sequence: int, event: Cell) -> None:
        """As the plan calls it."""


def wire(way: str, handler: Any) -> None:
    ring = new_ring()
    if way == "processor":
        BatchEventProcessor(ring, ring.new_barrier(), handler)
    elif way == "pool":
        WorkerPool(ring, [handler])
    elif way == "aggregate":
        AggregateEventHandler(handler)
    else:
        Disruptor(Cell, 8).handle_events_with(handler)


@pytest.mark.parametrize("way", ["processor", "pool", "aggregate", "disruptor"])
def test_a_handler_with_on_error_causes_one_warning_that_says_what_to_use(way: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        wire(way, WithOnError())
    assert len(caught) == 1
    assert "is never called" in str(caught[0].message)
    assert "exception_handler=" in str(caught[0].message)


@pytest.mark.parametrize("way", ["processor", "pool", "aggregate", "disruptor"])
def test_others_are_not_warned_of(way: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wire(way, lambda event, sequence, end_of_batch: None)
