"""Rings whose consumer is a poller: everything happens in the test's own thread."""

from typing import Any

import pytest

from ringbuffer import EventPoller, ProducerType, RingBuffer


class Box:
    """An event with one value in it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Any = "stale"


each_kind = pytest.mark.parametrize("kind", list(ProducerType), ids=lambda kind: kind.value)


def boxes(
    size: int, kind: ProducerType = ProducerType.MULTI
) -> tuple[RingBuffer[Box], EventPoller[Box]]:
    ring = RingBuffer(size, Box, kind)
    return ring, ring.poller()


def values(
    size: int, kind: ProducerType = ProducerType.MULTI
) -> tuple[RingBuffer[Any], EventPoller[Any]]:
    ring = RingBuffer.of_values(size, kind)
    return ring, ring.poller()


def shown(poller: EventPoller[Box]) -> list[Any]:
    """What a handler gets to see of what is available."""
    seen: list[Any] = []
    poller.poll(lambda event, sequence, last: seen.append(event.value))
    return seen
