"""Producers: threads that publish until they are stopped, can be killed, and be succeeded."""

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Final

from ringbuffer import Disruptor, Queue
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging.bus import EventBus
from ringbuffer.messaging.queues import InMemoryQueue
from ringbuffer.programs.stress.watch import PATIENCE, WatchedThread, until
from tests.soak.message import Killed, Message, envelope_of, message_of

#: How many messages a producer publishes between two looks at whether it is to stop.
LOT: Final = 32


class Producer(ABC):
    """Publishes the messages of one producer. One thread runs it at a time; another may follow.

    Attributes:
        number: of the producer.
        started: numbers below may be published.
        done: numbers below are published.
        lives: how many threads it has had.
    """

    def __init__(self, number: int) -> None:
        self.number: Final = number
        self.started = self.done = self.lives = 0
        self._stop: Final = threading.Event()
        self._kill: Final = threading.Event()
        self._task: WatchedThread | None = None

    def start(self) -> None:
        self.lives += 1
        self._task = WatchedThread(
            SYSTEM_HOST, self._run, f"producer {self.number}, life {self.lives}"
        )

    def kill(self) -> None:
        """Let the thread die of an exception in the middle of its work. Another one takes over."""
        assert self._task is not None
        self._kill.set()
        error = self._task.ended(PATIENCE)
        if error is not None and not isinstance(error, Killed):
            raise error
        self._kill.clear()
        self.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        if self._task is not None:
            self._task.join(PATIENCE)

    def _run(self) -> None:
        # Ends after the lot in which it is stopped; there is at least one lot.
        while True:
            first = self.done
            self.started = first + LOT
            self._publish(first, first + LOT)
            if self._stop.is_set():
                return

    def _may_die(self) -> None:
        if self._kill.is_set():
            self.started = self.done
            raise Killed(f"producer {self.number} at {self.done}")

    @abstractmethod
    def _publish(self, first: int, end: int) -> None:
        """Publish the numbers from `first` to `end`, and count each in `done` afterwards."""


class Publisher(Producer):
    """Publishes on a bus, in one of several ways.

    Args:
        number: of the producer.
        bus: where.
        way: one of `WAYS`.
    """

    WAYS = ("publisher", "publish_sync", "publish_all", "wait", "coroutine", "try_publish")

    def __init__(self, number: int, bus: EventBus, way: str) -> None:
        super().__init__(number)
        self.way: Final = way
        self._bus: Final = bus
        self.wrong_results = 0

    def _publish(self, first: int, end: int) -> None:
        if self.way == "publish_all":
            self._publish_all(first, end)
        elif self.way == "coroutine":
            asyncio.run(self._await_each(first, end))
        else:
            publish = self._publish_one()
            for number in range(first, end):
                self._may_die()
                publish(message_of(self.number, number))
                self.done = number + 1

    def _publish_one(self) -> Callable[[Message], object]:
        match self.way:
            case "publisher":
                return self._bus.publisher()
            case "wait":
                return self._wait
            case "try_publish":
                return self._try
            case _:
                return lambda message: self._bus.publish_sync(message, timeout=PATIENCE)

    def _publish_all(self, first: int, end: int) -> None:
        """What the iterable gave before it raises is published."""

        def messages() -> Iterator[Message]:
            for number in range(first, end):
                if number >= middle and self._kill.is_set():
                    given.append(number)
                    raise Killed(
                        f"producer {self.number} in the middle of publish_all, at {number}"
                    )
                yield message_of(self.number, number)

        given: list[int] = []
        middle = (first + end) // 2
        try:
            self.done += self._bus.publish_all(messages(), timeout=PATIENCE)
        except Killed:
            self.done = self.started = given[0]
            raise

    async def _await_each(self, first: int, end: int) -> None:
        for number in range(first, end):
            self._may_die()
            await self._bus.publish(message_of(self.number, number), timeout=PATIENCE)
            self.done = number + 1

    def _wait(self, message: Message) -> None:
        """Publish, wait until it is handled, and look at what the handlers returned."""
        result = self._bus.publish_sync(message, wait=True, timeout=PATIENCE)
        self.wrong_results += sum(each != message.number for each in result.results.values())

    def _try(self, message: Message) -> None:
        until(lambda: self._bus.try_publish(message), "room in the bus")


class FrontProducer(Producer):
    """Puts into the queue in front: one by one, and many at once."""

    def __init__(self, number: int, front: Queue[Message]) -> None:
        super().__init__(number)
        self._front: Final = front

    def _publish(self, first: int, end: int) -> None:
        half = (first + end) // 2
        for number in range(first, half):
            self._may_die()
            self._front.put(message_of(self.number, number), timeout=PATIENCE)
            self.done = number + 1
        self._may_die()
        self.done += self._front.put_many(
            [message_of(self.number, number) for number in range(half, end)], PATIENCE
        )


class Pump:
    """Moves messages from the queue in front to the queue of messages, until the first is over."""

    def __init__(self, front: Queue[Message], messages: InMemoryQueue) -> None:
        self._front: Final = front
        self._messages: Final = messages
        self.refused = 0
        self._task = WatchedThread(SYSTEM_HOST, self._run, "pump")

    def join(self) -> None:
        self._task.join(PATIENCE)

    def _run(self) -> None:
        send = self._messages.sender()
        # Ends when the queue is shut down and everything is taken.
        while True:
            try:
                messages = self._front.get_many(64)
            except queue.ShutDown:
                return
            for message in messages:
                self.refused += not send(envelope_of(message), timeout=PATIENCE)


class RingProducer(Producer):
    """Publishes on a disruptor of values: single ones, and many at once, which may raise."""

    def __init__(self, number: int, disruptor: Disruptor[Any]) -> None:
        super().__init__(number)
        self._disruptor: Final = disruptor

    def _publish(self, first: int, end: int) -> None:
        half = (first + end) // 2
        publish = self._disruptor.producer().publish_value
        for number in range(first, half):
            self._may_die()
            publish(message_of(self.number, number), PATIENCE)
            self.done = number + 1

        def messages() -> Iterator[Message]:
            for number in range(half, end):
                if number >= middle and self._kill.is_set():
                    given.append(number)
                    raise Killed(
                        f"producer {self.number} in the middle of publish_values, at {number}"
                    )
                yield message_of(self.number, number)

        given: list[int] = []
        middle = (half + end) // 2
        try:
            self.done += self._disruptor.publish_values(messages(), PATIENCE)
        except Killed:
            self.done = self.started = given[0]
            raise
