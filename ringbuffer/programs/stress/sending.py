"""`StressProducer`: publishes its messages in every way there is, and keeps an account of them."""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ringbuffer import ClaimTimeoutError, InsufficientCapacityError, Producer, RingBuffer
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.watch import PATIENCE, stuck

#: The most messages of one publication.
MOST = 32
#: A wait for free capacity that is likely to fail, in seconds.
SHORT = 0.001


class Fault(Exception):
    """Injected."""


class Interrupt(BaseException):
    """Injected; like a KeyboardInterrupt, no code may suppress it."""


INJECTED = (Fault, Interrupt)


class StressProducer:
    """A producer. One thread at a time.

    Args:
        ring: where to.
        name: its number.
        count: how many messages it has.
        failing: per cent of publications that fail halfway; their messages are never seen.
        seed: decides how it publishes.

    Attributes:
        published: the numbers that were published, in order.
        refused: claims for which there was no free capacity.
        failed: publications that failed.
    """

    def __init__(
        self, ring: RingBuffer[Any], name: int, count: int, failing: int, seed: int
    ) -> None:
        self.name = name
        self.published: list[int] = []
        self.refused = self.failed = 0
        self._ring, self._left, self._failing = ring, count, failing
        self._pick = random.Random(seed)
        self._numbers = itertools.count()
        self._limit = PATIENCE
        self._producer: Producer[Any]

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to publish."""
        return self._left <= 0

    def send_some(self, producer: Producer[Any], times: int) -> None:
        """So many publications, or as many as there are messages for.

        Raises:
            RingBufferClosedError: what was published before it is in `published`.
        """
        self._producer = producer
        ways = self._value_ways() if self._ring.holds_values else self._event_ways()
        for _ in range(times):
            if self.is_done:
                return
            n = self._pick.randint(1, min(self._ring.buffer_size, MOST, self._left))
            numbers = list(itertools.islice(self._numbers, n))
            self._left -= n
            faulty = self._pick.randrange(n) if self._pick.randrange(100) < self._failing else None
            self._send(self._pick.choice(ways), numbers, faulty)

    def _send(
        self, way: Callable[[list[int], int | None], None], numbers: list[int], faulty: int | None
    ) -> None:
        """Publish. Terminates because consumers free capacity, or `stuck` raises after the limit.

        An iteration that found no free capacity claimed nothing.
        """
        while True:
            try:
                way(numbers, faulty)
            except InsufficientCapacityError:
                self.refused += 1
            except ClaimTimeoutError as error:
                self.refused += 1
                if self._limit == PATIENCE:
                    raise stuck(f"producer {self.name} found no free capacity") from error
                numbers = numbers[error.published :]
                faulty = None if faulty is None else faulty - error.published
            except INJECTED:
                self.failed += 1
                return
            else:
                return

    def _timeout(self) -> float:
        self._limit = SHORT if self._pick.random() < 0.2 else PATIENCE
        return self._limit

    def _patient(self) -> float:
        self._limit = PATIENCE
        return PATIENCE

    def _fail(self) -> NoReturn:
        raise self._pick.choice(INJECTED)

    # -- events

    def _event_ways(self) -> list[Callable[[list[int], int | None], None]]:
        return [self._by_hand, self._one_by_one, self._all_at_once, self._in_a_block]

    def _fill(self, event: Message, sequence: int, number: int, fails: bool = False) -> None:
        """A translator."""
        event.producer = self.name
        if fails:
            self._fail()
        event.fill(self.name, number)

    def _by_hand(self, numbers: list[int], faulty: int | None) -> None:
        producer, n = self._producer, len(numbers)
        high = (
            producer.try_next(n) if self._pick.random() < 0.3 else producer.next(n, self._timeout())
        )
        low = high - n + 1
        if faulty is not None:
            producer.skip(low, high)
            self._fail()
        for sequence, number in enumerate(numbers, low):
            producer.get(sequence).fill(self.name, number)
        middle = self._pick.randint(low, high)  # in two parts, or in one
        producer.publish(low, middle)
        if middle < high:
            producer.publish(middle + 1, high)
        self.published += numbers

    def _one_by_one(self, numbers: list[int], faulty: int | None) -> None:
        tries = self._pick.random() < 0.3
        for index, number in enumerate(numbers):
            fails = index == faulty
            try:
                self._one(number, fails, tries)
            except INJECTED:
                self.failed += 1
            else:
                self.published.append(number)

    def _one(self, number: int, fails: bool, tries: bool) -> None:
        """Publish one event. Terminates because the second attempt waits for free capacity."""
        while True:
            try:
                if tries:
                    self._producer.try_publish_event(self._fill, number, fails)
                else:
                    self._producer.publish_event(self._fill, number, fails, timeout=self._patient())
            except InsufficientCapacityError:
                self.refused += 1
                tries = False
                continue
            return

    def _all_at_once(self, numbers: list[int], faulty: int | None) -> None:
        fails = [index == faulty for index in range(len(numbers))]
        if self._pick.random() < 0.3:
            self._producer.try_publish_events(self._fill, numbers, fails)
        else:
            self._producer.publish_events(self._fill, numbers, fails, timeout=self._timeout())
        self.published += numbers

    def _in_a_block(self, numbers: list[int], faulty: int | None) -> None:
        with self._producer.claim(len(numbers), self._timeout()) as batch:
            for index, (event, number) in enumerate(zip(batch, numbers, strict=True)):
                if index == faulty:
                    self._fail()
                event.fill(self.name, number)
        self.published += numbers

    # -- values

    def _value_ways(self) -> list[Callable[[list[int], int | None], None]]:
        return [self._slots, self._each_value, self._many_values, self._values_in_a_block]

    def _slots(self, numbers: list[int], faulty: int | None) -> None:
        producer, n = self._producer, len(numbers)
        high = (
            producer.try_next(n) if self._pick.random() < 0.3 else producer.next(n, self._timeout())
        )
        low = high - n + 1
        for sequence, number in enumerate(numbers, low):
            producer[sequence] = Message(self.name, number)
        if faulty is not None:
            producer.skip(low, high)
            self._fail()
        producer.publish(low, high)
        self.published += numbers

    def _each_value(self, numbers: list[int], faulty: int | None) -> None:
        tries = self._pick.random() < 0.3
        for number in numbers:
            try:
                if not tries:
                    raise InsufficientCapacityError
                self._producer.try_publish_value(Message(self.name, number))
            except InsufficientCapacityError:
                self.refused += tries
                self._producer.publish_value(Message(self.name, number), self._patient())
            self.published.append(number)

    def _many_values(self, numbers: list[int], faulty: int | None) -> None:
        """Record as published: the values before an error of the iterable, or before a timeout."""
        given: list[int] = []

        def values() -> Iterator[Message]:
            for index, number in enumerate(numbers):
                if index == faulty:
                    self._fail()
                given.append(number)
                yield Message(self.name, number)

        chunk = self._pick.choice([None, 1, self._ring.buffer_size])
        try:
            self._producer.publish_values(values(), self._timeout(), chunk)
        except INJECTED:
            self.published += given
            raise
        except ClaimTimeoutError as error:
            self.published += numbers[: error.published]
            raise
        except BaseException as error:
            self.published += numbers[: getattr(error, "published", 0)]
            raise
        self.published += numbers

    def _values_in_a_block(self, numbers: list[int], faulty: int | None) -> None:
        with self._producer.claim(len(numbers), self._timeout()) as batch:
            batch[:] = [Message(self.name, number) for number in numbers]
            if faulty is not None:
                self._fail()
        self.published += numbers
