"""What the tests of the queues share: numbered messages, and handlers that note them."""

import threading
from collections.abc import Callable
from typing import Protocol

from ringbuffer.messaging import (
    InMemoryQueue,
    InMemoryQueueOptions,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
)
from ringbuffer.messaging.queues import create_queue
from tests.support.threads import PATIENCE


def message(number: int) -> TransportEnvelope:
    return TransportEnvelope("number", str(number).encode())


def number_of(envelope: TransportEnvelope) -> int:
    return int(envelope.body)


class Make(Protocol):
    def __call__(self, size: int = 16) -> InMemoryQueue: ...


def maker(mode: QueueMode, queues: list[InMemoryQueue]) -> Make:
    def make(size: int = 16) -> InMemoryQueue:
        queue = create_queue(
            InMemoryQueueOptions(mode, size, wait_strategy=WaitStrategyKind.LITE_BLOCKING)
        )
        queues.append(queue)
        return queue

    return make


class Notes:
    """A handler that records the numbers of its messages, and wakes threads that wait for them."""

    def __init__(self, then: Callable[[int], object] = lambda number: None) -> None:
        self.numbers: list[int] = []
        self._condition = threading.Condition()
        self._then = then

    def __call__(self, envelope: TransportEnvelope) -> None:
        number = number_of(envelope)
        self.note(number)
        self._then(number)

    def note(self, number: int) -> None:
        with self._condition:
            self.numbers.append(number)
            self._condition.notify_all()

    def wait_for(self, count: int) -> list[int]:
        with self._condition:
            assert self._condition.wait_for(lambda: len(self.numbers) >= count, PATIENCE), (
                self.numbers
            )
            return list(self.numbers)


class Held:
    """A handler that says when it has begun, and ends when it is let go."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, envelope: TransportEnvelope) -> None:
        self.numbers.append(number_of(envelope))
        self.begun.set()
        assert self.let_go.wait(PATIENCE)

    def wait_begun(self) -> None:
        assert self.begun.wait(PATIENCE)


def put(queue: InMemoryQueue, *numbers: int) -> None:
    for number in numbers:
        assert queue.enqueue_sync(message(number), timeout=PATIENCE)


def resting(queue: InMemoryQueue) -> int:
    """How many consumers have nothing to do."""
    followers = queue._followers  # type: ignore[attr-defined]
    with followers.lock:
        return len(followers._line) + (followers.lead[0] is not None)


def wait_until(condition: Callable[[], bool]) -> None:
    """Check repeatedly: nothing signals the condition."""
    event = threading.Event()
    for _ in range(int(PATIENCE / 1e-3)):
        if condition():
            return
        event.wait(1e-3)
    raise AssertionError(f"{condition} has not come true")
