"""Any acyclic graph, with any sizes and claims: each handler sees each event once, in order.

It sees an event after all handlers on which it depends.
"""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ringbuffer import (
    Disruptor,
    HandlerSpec,
    InsufficientCapacityError,
    Producer,
    ProducerType,
    WaitStrategy,
)
from ringbuffer.wait import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    SleepingWaitStrategy,
    YieldingWaitStrategy,
)
from tests.support.examples import examples
from tests.support.threads import PATIENCE, together


class Fault(Exception):
    pass


class Event:
    __slots__ = ("number", "producer")

    def __init__(self) -> None:
        self.producer = self.number = -1


def fill(event: Event, sequence: int, producer: int, number: int) -> None:
    event.producer, event.number = producer, number


def fail(event: Event, sequence: int, *_: object) -> None:
    event.producer = event.number = -2
    raise Fault


@dataclass
class Watcher:
    """Sees one consumer's events, in whatever form it gets them."""

    disruptor: Disruptor[Event]
    before: list["Watcher"]
    seen: list[tuple[int, int, int]] = field(default_factory=list)
    early: list[int] = field(default_factory=list)
    handler: Any = None

    def note(self, event: Event, sequence: int) -> None:
        self.early.extend(
            sequence
            for each in self.before
            if self.disruptor.sequence_of(each.handler).get() < sequence
        )
        self.seen.append((sequence, event.producer, event.number))


def as_function(watcher: Watcher) -> Any:
    return lambda event, sequence, last: watcher.note(event, sequence)


def as_coroutine(watcher: Watcher) -> Any:
    async def handle(event: Event, sequence: int, last: bool) -> None:
        await asyncio.sleep(0)
        watcher.note(event, sequence)

    return handle


def as_batches(watcher: Watcher) -> Any:
    class Batches:
        def on_batch(self, events: list[Event], first: int) -> None:
            for sequence, event in enumerate(events, first):
                watcher.note(event, sequence)

    return Batches()


def as_worker(watcher: Watcher) -> Any:
    return as_function(watcher)


FORMS = [as_function, as_function, as_batches, as_coroutine, as_worker]

#: What a producer does with its next events, and how many.
WAYS = [
    "next",
    "try",
    "timeout",
    "event",
    "events",
    "claim",
    "failing event",
    "failing events",
    "failing claim",
    "skip",
]

type Step = tuple[str, int]


def produce(
    producer: Producer[Event],
    size: int,
    name: int,
    steps: list[Step],
    published: list[tuple[int, int]],
) -> None:
    """Do the steps; every event that is to be seen is in `published`, in order."""
    numbers = itertools.count()
    for way, wanted in steps:
        n = min(wanted, size)
        batch = [next(numbers) for _ in range(n)]
        names = [name] * n
        try:
            match way:
                case "next" | "try" | "timeout":
                    limit = 0.0001 if way == "timeout" else PATIENCE
                    high = producer.try_next(n) if way == "try" else producer.next(n, limit)
                    for sequence, number in enumerate(batch, high - n + 1):
                        fill(producer[sequence], sequence, name, number)
                    producer.publish(high - n + 1, high)
                case "event":
                    for number in batch:
                        producer.publish_event(fill, name, number, timeout=PATIENCE)
                case "events":
                    producer.publish_events(fill, names, batch, timeout=PATIENCE)
                case "claim" | "failing claim":
                    with producer.claim(n, PATIENCE) as events:
                        for event, number in zip(events, batch, strict=True):
                            fill(event, 0, name, number)
                        if way == "failing claim":
                            raise Fault
                case "failing event":
                    producer.publish_event(fail, timeout=PATIENCE)
                case "failing events":
                    producer.publish_events(fail, batch, timeout=PATIENCE)
                case "skip":
                    high = producer.next(n, PATIENCE)
                    producer.skip(high - n + 1, high)
                    continue
        except (Fault, TimeoutError, InsufficientCapacityError):
            continue
        published += [(name, number) for number in batch]


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[list[int], Any, int | None]]:
    """For each of up to 6 consumers: the earlier ones it depends on, its form, its batch size."""
    count = draw(st.integers(1, 6))
    return [
        (
            draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else [],
            draw(st.sampled_from(FORMS)),
            draw(st.none() | st.integers(1, 5)),
        )
        for number in range(count)
    ]


steps = st.lists(st.tuples(st.sampled_from(WAYS), st.integers(1, 12)), max_size=25)


@settings(max_examples=examples(30, 300), deadline=None)
@given(
    graph=graphs(),
    exponent=st.integers(0, 5),
    kind=st.sampled_from(ProducerType),
    strategy=st.sampled_from(
        [
            BlockingWaitStrategy,
            AdaptiveWaitStrategy,
            LiteBlockingWaitStrategy,
            SleepingWaitStrategy,
            YieldingWaitStrategy,
        ],
    ),
    plans=st.lists(steps, min_size=1, max_size=3),
)
def test_every_handler_sees_every_event_once_in_order_after_all_it_depends_on(
    graph: list[tuple[list[int], Any, int | None]],
    exponent: int,
    kind: ProducerType,
    strategy: type[WaitStrategy],
    plans: list[list[Step]],
) -> None:
    if kind is ProducerType.SINGLE:
        plans = [plans[0]]
    disruptor = Disruptor(Event, 1 << exponent, kind, strategy())
    watchers: list[Watcher] = []
    for before, form, max_batch_size in graph:
        watcher = Watcher(disruptor, [watchers[number] for number in before])
        watcher.handler = form(watcher)
        group = disruptor.after(*(each.handler for each in watcher.before)) if before else disruptor
        if form is as_worker:
            group.handle_events_with_worker_pool(watcher.handler)
        else:
            group.handle_events_with(HandlerSpec(watcher.handler, max_batch_size=max_batch_size))
        watchers.append(watcher)
    published: list[list[tuple[int, int]]] = [[] for _ in plans]

    def producing(name: int) -> Any:
        def run() -> None:
            with disruptor.producer() as producer:
                produce(producer, disruptor.ring.buffer_size, name, plans[name], published[name])

        return run

    with disruptor:
        together(*(producing(name) for name in range(len(plans))))
    for watcher in watchers:
        assert watcher.early == []
        sequences = [sequence for sequence, _, _ in watcher.seen]
        assert sequences == sorted(set(sequences))
        for name, expected in enumerate(published):
            assert [(who, number) for _, who, number in watcher.seen if who == name] == expected
        assert len(watcher.seen) == sum(map(len, published))
