"""Random graphs of producers and consumers, with faults: every event is accounted for."""

import random
import threading
from collections.abc import Callable
from functools import partial

import pytest

from ringbuffer import (
    BatchEventProcessor,
    ConsumerFailedError,
    InsufficientCapacityError,
    ProducerType,
    RingBuffer,
)
from tests.stress.kit import REPORT, SECONDS, SEED, STRATEGIES, rounds
from tests.support.threads import PATIENCE, Background


class Message:
    """An event with a checksum: `check` is a function of the rest, so that a torn one shows."""

    __slots__ = ("check", "number", "producer")

    def __init__(self) -> None:
        self.producer = self.number = self.check = -1

    def fill(self, producer: int, number: int) -> None:
        self.producer = producer
        self.number = number
        self.check = producer * 1_000_003 + number

    def is_whole(self) -> bool:
        return self.check == self.producer * 1_000_003 + self.number


class Fault(Exception):
    pass


class Skipping:
    """Lets a consumer carry on after a fault, without a log: the fault was counted before."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        assert isinstance(error, Fault), error

    def handle_on_start_exception(self, error: Exception) -> None:
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        raise error


class Watcher:
    """Counts every message of every producer, in order; sometimes raises a fault afterwards."""

    def __init__(
        self, producers: int, fault_share: float, seed: int, depends_on: list["Watcher"]
    ) -> None:
        self.next_number = [0] * producers
        self.counted = 0
        self.last = -1
        self.wrong: list[str] = []
        self.processor: BatchEventProcessor[Message]
        self._fault_share = fault_share
        self._random = random.Random(seed)
        self._depends_on = depends_on

    def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        if sequence != self.last + 1:
            self.wrong.append(f"sequence {sequence} after {self.last}")
        self.last = sequence
        if not event.is_whole() or event.number != self.next_number[event.producer]:
            self.wrong.append(
                f"{event.producer}/{event.number}, expected {self.next_number[event.producer]}"
            )
        self.next_number[event.producer] = event.number + 1
        self.counted += 1
        for other in self._depends_on:
            if other.processor.sequence.get() < sequence:
                self.wrong.append(f"{sequence} came before a dependency had finished it")
        if self._fault_share and self._random.random() < self._fault_share:
            REPORT["faults"] += 1
            raise Fault


def produce(ring: RingBuffer[Message], name: int, count: int, seed: int) -> None:
    """Publish `count` messages in batches of any size, with claims of every sort."""
    pick, producer, number = random.Random(seed), ring.producer(), 0
    while number < count:
        n = min(pick.randint(1, ring.buffer_size), count - number, 32)
        try:
            kind = pick.random()
            if kind < 0.2:
                high = producer.try_next(n)
            elif kind < 0.4:
                high = producer.next(n, 0.001)
            else:
                high = producer.next(n, PATIENCE)
        except (InsufficientCapacityError, TimeoutError):
            REPORT["refused claims"] += 1
            continue
        for sequence in range(high - n + 1, high + 1):
            producer.get(sequence).fill(name, number)
            number += 1
        producer.publish(high - n + 1, high)


def build(
    ring: RingBuffer[Message], shape: random.Random, producers: int, fault_share: float
) -> list[Watcher]:
    """One to eight consumers in a random graph."""
    watchers: list[Watcher] = []
    for _ in range(shape.randint(1, 8)):
        before = shape.sample(watchers, shape.randint(0, min(2, len(watchers))))
        watcher = Watcher(producers, fault_share, shape.randrange(1 << 30), before)
        watcher.processor = BatchEventProcessor(
            ring,
            ring.new_barrier(*(each.processor.sequence for each in before)),
            watcher,
            exception_handler=Skipping(),
            max_batch_size=shape.choice([None, 1, 3, 16]),
        )
        watchers.append(watcher)
    return watchers


def verify(watchers: list[Watcher], producers: int, each: int, seed: str) -> None:
    for watcher in watchers:
        lost = producers * each - watcher.counted
        REPORT["lost or doubled"] += abs(lost)
        REPORT["out of order or torn"] += len(watcher.wrong)
        assert watcher.wrong == [], f"{seed}: {watcher.wrong[:5]}"
        assert lost == 0, f"{seed}: {lost} lost"
        assert watcher.next_number == [each] * producers
        assert watcher.processor.failure is None
        REPORT["events"] += watcher.counted


def shape_of(shape: random.Random) -> tuple[RingBuffer[Message], int, int]:
    """A ring, a number of producers, and how many messages each of them sends."""
    producers = shape.choice([1, 1, 2, 3, 5, 8, 16])
    kind = ProducerType.SINGLE if producers == 1 and shape.random() < 0.5 else ProducerType.MULTI
    size = 1 << shape.randint(0, 10)
    ring = RingBuffer(size, Message, kind, shape.choice(STRATEGIES)())
    return ring, producers, max(1, (400 if size < 8 else 4_000) // producers)


@pytest.mark.timeout(SECONDS + 120)
def test_random_graphs_with_faults_lose_nothing() -> None:
    for number, shape in enumerate(rounds()):
        ring, producers, each = shape_of(shape)
        watchers = build(ring, shape, producers, shape.choice([0.0, 0.01]))
        for watcher in watchers:
            watcher.processor.start()
        threads = [
            Background(partial(produce, ring, name, each, SEED + name)).start()
            for name in range(producers)
        ]
        for thread in threads:
            thread.join()
        drain(ring, watchers, producers * each)
        verify(watchers, producers, each, f"seed {SEED}, round {number}")


@pytest.mark.timeout(SECONDS + 120)
def test_halts_and_restarts_at_random_lose_nothing() -> None:
    for number, shape in enumerate(rounds()):
        ring, producers, each = shape_of(shape)
        watchers = build(ring, shape, producers, 0.0)
        for watcher in watchers:
            watcher.processor.start()
        threads = [
            Background(partial(produce, ring, name, each, SEED + name)).start()
            for name in range(producers)
        ]
        for _ in range(shape.randint(5, 40)):
            processor = shape.choice(watchers).processor
            assert processor.close(PATIENCE)
            processor.start()
            REPORT["halts"] += 1
        for thread in threads:
            thread.join()
        drain(ring, watchers, producers * each)
        verify(watchers, producers, each, f"seed {SEED}, round {number}")


@pytest.mark.timeout(SECONDS + 120)
def test_consumers_that_join_and_consumers_that_die() -> None:
    for _, shape in enumerate(rounds()):
        size = 1 << shape.randint(2, 8)
        ring = RingBuffer(size, Message, ProducerType.MULTI, shape.choice(STRATEGIES)())
        first = Watcher(2, 0.0, 1, [])
        first.processor = BatchEventProcessor(ring, ring.new_barrier(), first)
        stop = threading.Event()
        sent = [0, 0]

        def send(
            name: int,
            ring: RingBuffer[Message] = ring,
            stop: threading.Event = stop,
            sent: list[int] = sent,
        ) -> None:
            producer = ring.producer()
            while not stop.is_set():
                sequence = producer.next(timeout=PATIENCE)
                producer.get(sequence).fill(name, sent[name])
                producer.publish(sequence)
                sent[name] += 1

        with first.processor:
            threads = [Background(lambda name=name: send(name)).start() for name in range(2)]  # type: ignore[misc]
            joined = [join(ring, shape.randrange(50, 300)) for _ in range(3)]
            for watch in joined:
                assert watch(), f"seed {SEED}: a consumer that joined missed or doubled an event"
            # A consumer that dies: both producers must get an error instead of waiting forever.
            doomed = BatchEventProcessor(
                ring, ring.new_barrier(), raise_fault, exception_handler=Dying()
            )
            doomed.start()
            for thread in threads:
                with pytest.raises(ConsumerFailedError):
                    thread.join()
            assert doomed.join(PATIENCE)
            assert isinstance(doomed.failure, Fault)
            REPORT["deaths"] += 1
            drain(ring, [first], sum(sent))
        assert first.wrong == []
        assert first.next_number == sent
        REPORT["events"] += first.counted


class Dying(Skipping):
    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        raise error


def raise_fault(event: Message, sequence: int, end_of_batch: bool) -> None:
    raise Fault


def join(ring: RingBuffer[Message], count: int) -> Callable[[], bool]:
    """Add a consumer to the running ring for `count` events. Returns a check of what it saw."""
    done, seen, numbers = threading.Event(), [], ({}, {})  # type: ignore[var-annotated]
    whole = [True]

    def handle(event: Message, sequence: int, end_of_batch: bool) -> None:
        seen.append(sequence)
        previous = numbers[event.producer].get("last")
        whole[0] &= event.is_whole() and previous in (None, event.number - 1)
        numbers[event.producer]["last"] = event.number
        if len(seen) >= count:
            done.set()

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    start = processor.sequence.get()
    processor.start()

    def finish() -> bool:
        assert done.wait(PATIENCE)
        processor.close(PATIENCE)
        ring.remove_gating_sequence(processor.sequence)
        REPORT["joined"] += 1
        return whole[0] and seen == list(range(start + 1, start + 1 + len(seen)))

    return finish


def drain(ring: RingBuffer[Message], watchers: list[Watcher], total: int) -> None:
    """Wait until every consumer has finished everything, then halt them."""
    barrier = ring.new_barrier(*(watcher.processor.sequence for watcher in watchers))
    while total and barrier.wait_for(total - 1) < total - 1:
        pass  # the strategy's own timeout
    for watcher in watchers:
        assert watcher.processor.close(PATIENCE)
