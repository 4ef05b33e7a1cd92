"""Graphs that change while producers run: consumers and pools join, leave, halt and start.

Every event is accounted for.

What was published is known by its sequence, so each consumer can be checked to the last event: from
where it joined to where it was taken out it must have seen exactly what was published there, once
and, outside of pools, in order.
"""

import random
import threading
from functools import partial
from typing import Any

import pytest

from ringbuffer import (
    Disruptor,
    HandlerSpec,
    InsufficientCapacityError,
    ProcessorState,
    ProcessorStateError,
    Producer,
    ProducerType,
    RewindBatch,
    WorkerPool,
)
from ringbuffer.disruptor.node import Node
from tests.stress.kit import REPORT, SECONDS, SEED, STRATEGIES, rounds
from tests.support.threads import PATIENCE, Background

type Message = tuple[int, int]


class Fault(Exception):
    pass


class Slot:
    """An event with its own check, so that a torn or stale one shows."""

    __slots__ = ("check", "message")

    def __init__(self) -> None:
        self.message: Message | None = None
        self.check = 0


def fill(slot: Slot, sequence: int, producer: int, number: int, fault: bool = False) -> None:
    slot.message = (producer, number)
    if fault:
        raise Fault
    slot.check = hash(slot.message) ^ sequence


class Watcher:
    """Keeps what it sees, by sequence; sometimes rewinds its batch before it has kept any of it."""

    def __init__(self, disruptor: Disruptor[Any], seed: int, rewinds: float) -> None:
        self.seen: list[tuple[int, Message]] = []
        self.stale: list[int] = []
        self.after: list[Node] = []
        self._random, self._rewinds = random.Random(seed), rewinds
        self._values = disruptor.ring.holds_values

    def on_batch(self, events: list[Any], first: int) -> None:
        if self._rewinds and self._random.random() < self._rewinds:
            REPORT["faults"] += 1
            raise RewindBatch
        last = first + len(events) - 1
        self.stale += [last for node in self.after if node.sequence.get() < last]
        for sequence, event in enumerate(events, first):
            message = event if self._values else event.message
            if message is None or (not self._values and event.check != hash(message) ^ sequence):
                self.stale.append(sequence)
            self.seen.append((sequence, message))


class Sent:
    """What one producer published, by sequence."""

    def __init__(self, name: int) -> None:
        self.name = name
        self.by_sequence: dict[int, Message] = {}
        self.number = 0

    def take(self, n: int) -> list[Message]:
        self.number += n
        return [(self.name, number) for number in range(self.number - n, self.number)]

    def note(self, low: int, messages: list[Message]) -> None:
        self.by_sequence.update(enumerate(messages, low))


def publish_events(producer: Producer[Any], sent: Sent, n: int, pick: random.Random) -> None:
    messages = sent.take(n)
    columns = [name for name, _ in messages], [number for _, number in messages]
    fault = pick.random() < 0.1
    if pick.random() < 0.3:
        producer.publish_event(fill, *sent.take(1)[0], True, timeout=PATIENCE) if fault else None
        for message in messages:
            sent.note(producer.publish_event(fill, *message, timeout=PATIENCE), [message])
    elif pick.random() < 0.5:
        flags = [fault and number == n - 1 for number in range(n)]
        sent.note(producer.publish_events(fill, *columns, flags, timeout=PATIENCE).start, messages)
    else:
        with producer.claim(n, PATIENCE) as batch:
            for slot, sequence, message in zip(batch, batch.sequences, messages, strict=True):
                fill(slot, sequence, *message)
            if fault:
                raise Fault
        sent.note(batch.sequences.start, messages)


def publish_values(producer: Producer[Any], sent: Sent, n: int, pick: random.Random) -> None:
    messages = sent.take(n)
    if pick.random() < 0.3:
        for message in messages:
            sent.note(producer.publish_value(message, PATIENCE), [message])
    else:
        with producer.claim(n, PATIENCE) as batch:
            batch[:] = messages
            if pick.random() < 0.1:
                raise Fault
        sent.note(batch.sequences.start, messages)


def produce(disruptor: Disruptor[Any], sent: Sent, stop: threading.Event, seed: int) -> None:
    pick = random.Random(seed)
    publish = publish_values if disruptor.ring.holds_values else publish_events
    with disruptor.producer() as producer:
        while not stop.is_set():
            n = pick.randint(1, min(disruptor.ring.buffer_size, 8))
            try:
                if pick.random() < 0.05:
                    high = producer.try_next(n)
                    producer.skip(high - n + 1, high)
                else:
                    publish(producer, sent, n, pick)
            except InsufficientCapacityError:
                REPORT["refused claims"] += 1
            except Fault:
                REPORT["skipped"] += 1


class LiveNode:
    """A consumer or a pool in the graph: who watches, and from where."""

    def __init__(self, node: Node, watchers: list[Watcher]) -> None:
        self.node, self.watchers = node, watchers
        self.start = node.sequence.get()

    def verify(self, sent: dict[int, Message], shape: str) -> None:
        """From where it joined to where it stopped it saw everything, once."""
        runner = self.node.runner
        stop = runner.claimed if isinstance(runner, WorkerPool) else runner.sequence.get()
        expected = [
            (sequence, sent[sequence])
            for sequence in range(self.start + 1, stop + 1)
            if sequence in sent
        ]
        seen = [each for watcher in self.watchers for each in watcher.seen]
        REPORT["events"] += len(seen)
        if len(self.watchers) > 1:
            seen.sort()
        REPORT["lost or doubled"] += abs(len(seen) - len(expected))
        REPORT["out of order or torn"] += sum(len(watcher.stale) for watcher in self.watchers)
        assert seen == expected, (
            f"{shape}: {self.node.name} saw {len(seen)} of {len(expected)} "
            f"from {self.start + 1} to {stop}"
        )
        assert all(watcher.stale == [] for watcher in self.watchers), (
            f"{shape}: {self.node.name} saw stale events"
        )


class Graph:
    """A disruptor whose members come and go at random."""

    def __init__(self, shape: random.Random, of_values: bool) -> None:
        kind = shape.choice([ProducerType.MULTI, ProducerType.SINGLE])
        size, strategy = 1 << shape.randint(0, 8), shape.choice(STRATEGIES)()
        make = Disruptor.of_values if of_values else partial(Disruptor, Slot)
        self.disruptor: Disruptor[Any] = make(size, kind, strategy)
        self.producers = 1 if kind is ProducerType.SINGLE else shape.randint(1, 4)
        self.shape = shape
        self.members: list[LiveNode] = []
        self.gone: list[LiveNode] = []
        for _ in range(shape.randint(1, 4)):
            self.add(self.disruptor)

    def add(self, wiring: Any) -> None:
        """A consumer or a pool, at the end of what is published or behind others."""
        before = self.shape.sample(
            self.members, min(len(self.members), self.shape.choice([0, 1, 1, 2]))
        )
        group = wiring.after(*(member.node.runner for member in before)) if before else wiring
        watchers = [self.watcher(before) for _ in range(self.shape.choice([1, 1, 2, 3]))]
        if len(watchers) > 1:
            group.handle_events_with_worker_pool(*watchers, max_chunk=self.shape.randint(1, 8))
        else:
            group.handle_events_with(
                HandlerSpec(watchers[0], max_batch_size=self.shape.choice([None, 1, 5]))
            )
        self.members.append(LiveNode(self.disruptor.graph.nodes[-1], watchers))

    def watcher(self, before: list[LiveNode]) -> Watcher:
        watcher = Watcher(
            self.disruptor, self.shape.randrange(1 << 30), self.shape.choice([0, 0, 0.05])
        )
        watcher.after = [member.node for member in before]
        return watcher

    def change(self) -> None:
        action = self.shape.choice(["add", "remove", "halt"])
        if action == "add" and len(self.members) < 8:
            with self.disruptor.live() as live:
                for _ in range(self.shape.randint(1, 2)):
                    self.add(live)
            REPORT["joined"] += 1
        elif action == "remove" and len(self.members) > 1:
            leaves = [
                each
                for each in self.members
                if not any(each.node in other.node.after for other in self.members)
            ]
            member = self.shape.choice(leaves)
            try:
                self.disruptor.remove(member.node.runner, PATIENCE)
            except ProcessorStateError:  # a worker was halted while it was to replay its events
                member.node.runner.start()
                return
            self.members.remove(member)
            self.gone.append(member)
            REPORT["left"] += 1
        elif action == "halt":
            processor = self.shape.choice(self.shape.choice(self.members).node.processors)
            assert processor.close(PATIENCE)
            assert processor.state is ProcessorState.HALTED
            processor.start()
            REPORT["halts"] += 1


@pytest.mark.parametrize("of_values", [False, True], ids=["events", "values"])
@pytest.mark.timeout(SECONDS + 120)
def test_graphs_that_change_while_producers_run_lose_nothing(of_values: bool) -> None:
    for number, shape in enumerate(rounds()):
        graph = Graph(shape, of_values)
        disruptor, stop = graph.disruptor, threading.Event()
        sent = [Sent(name) for name in range(graph.producers)]
        disruptor.start()
        threads = [
            Background(partial(produce, disruptor, each, stop, SEED + each.name)).start()
            for each in sent
        ]
        for _ in range(shape.randint(5, 30)):
            graph.change()
        stop.set()
        for thread in threads:
            thread.join()
        disruptor.shutdown(PATIENCE)
        everything = {
            sequence: message for each in sent for sequence, message in each.by_sequence.items()
        }
        for member in graph.members + graph.gone:
            member.verify(everything, f"seed {SEED}, round {number}")
        for member in graph.members:
            assert member.node.sequence.get() == disruptor.ring.cursor
        if of_values:
            assert list(disruptor.ring.slots.view()) == [None] * disruptor.ring.buffer_size
