"""Both buses, small, and handlers that can be waited for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import Pipeline
from tests.support.threads import PATIENCE

type Bus = ChannelEventBus | RingBufferEventBus
type MakeBus = Callable[..., Bus]


@dataclass(frozen=True, slots=True)
class Event:
    number: int


@dataclass(frozen=True, slots=True)
class Special(Event):
    pass


@dataclass(frozen=True, slots=True)
class Other:
    number: int


def channel_bus(
    size: int = 8, *, pipeline: Pipeline | None = None, host: Host = SYSTEM_HOST
) -> Bus:
    return ChannelEventBus(size, pipeline=pipeline, host=host)


def ring_bus(size: int = 8, *, pipeline: Pipeline | None = None, host: Host = SYSTEM_HOST) -> Bus:
    return RingBufferEventBus(size, pipeline=pipeline, host=host)


both = pytest.mark.parametrize("make_bus", [channel_bus, ring_bus], ids=["channel", "ring"])


class Recorder:
    """A handler that keeps what it gets; can be waited for."""

    def __init__(self, react: Callable[[Any], object] = lambda event: None) -> None:
        self.seen: list[Any] = []
        self._react = react
        self._changed = threading.Condition()

    def __call__(self, event: Any) -> object:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()
        return self._react(event)

    @property
    def numbers(self) -> list[int]:
        return [event.number for event in self.seen]

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), f"seen {self.seen[-3:]}"

    def wait_for(self, count: int) -> None:
        self.wait_until(lambda: len(self.seen) >= count)


class Held(Recorder):
    """A recorder that does not return before it is let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        super().__init__(lambda event: self.gate.wait(PATIENCE))


def fail(event: Event) -> None:
    raise KeyError(event.number)
