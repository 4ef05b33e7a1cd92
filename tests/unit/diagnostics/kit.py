"""Disruptors to be looked at, and what must hold of every look."""

import threading
from types import SimpleNamespace
from typing import Any

from ringbuffer import Disruptor, ProducerType, WaitStrategy
from ringbuffer.diagnostics import Statistics


def new_disruptor(
    size: int = 8,
    kind: ProducerType = ProducerType.MULTI,
    strategy: WaitStrategy | None = None,
    name: str = "disruptor",
) -> Disruptor[Any]:
    return Disruptor(SimpleNamespace, size, kind, strategy, name=name)


def put(event: Any, sequence: int) -> None:
    event.value = sequence


def ignore(event: Any, sequence: int, end_of_batch: bool) -> None:
    pass


def ignore_too(event: Any, sequence: int, end_of_batch: bool) -> None:
    pass


class Gate:
    """A handler that says when it is in an event, and stays in it until it is opened."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def on_event(self, event: Any, sequence: int, end_of_batch: bool) -> None:
        self.entered.set()
        assert self.opened.wait(60)


def check(found: Statistics) -> None:
    """What every look promises."""
    assert -1 <= found.minimum_gating_sequence <= found.published <= found.claimed
    assert found.claimed <= found.minimum_gating_sequence + found.capacity
    assert 0 <= found.remaining_capacity <= found.capacity
    assert 0.0 <= found.utilization <= 1.0
    for consumer in found.consumers:
        assert found.minimum_gating_sequence <= consumer.sequence <= found.published
        assert 0 <= consumer.lag <= found.capacity
        assert consumer.rate is None or consumer.rate >= 0
    assert found.publish_rate is None or found.publish_rate >= 0
    assert found.consume_rate is None or found.consume_rate >= 0
    assert all(count >= 0 for count in found.counters.values())
