"""Disruptors with recording handlers."""

import threading
from typing import Any

from ringbuffer import Disruptor, ProducerType, WaitStrategy
from tests.unit.processors.kit import Cell, Recorder

__all__ = ["Cell", "Gate", "Keeping", "Named", "Recorder", "Silent", "new_disruptor", "put"]


def new_disruptor(
    size: int = 8, kind: ProducerType = ProducerType.MULTI, strategy: WaitStrategy | None = None
) -> Disruptor[Cell]:
    return Disruptor(Cell, size, kind, strategy)


def put(event: Cell, sequence: int, value: int) -> None:
    event.value = value


class Named(Recorder):
    """A recorder with a name to be drawn."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.__qualname__ = name


class Gate(Recorder):
    """Holds its handler up until it is opened."""

    def __init__(self) -> None:
        super().__init__(self.wait)
        self.entered, self.opened = threading.Event(), threading.Event()

    def wait(self, sequence: int) -> None:
        self.entered.set()
        assert self.opened.wait(60)


class Keeping:
    """An exception handler that keeps the errors, and goes on."""

    def __init__(self) -> None:
        self.errors: list[Any] = []

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        self.errors.append(error)

    def handle_on_start_exception(self, error: Exception) -> None:
        self.errors.append(error)

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        self.errors.append(error)


class Silent(Keeping):
    """Keeps the errors, and raises them: the consumer dies, and no test is noisy about it."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        super().handle_event_exception(error, sequence, event)
        raise error
