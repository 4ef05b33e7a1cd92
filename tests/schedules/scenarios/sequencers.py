"""Producers and graphs of consumers."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from ringbuffer import (
    BatchEventProcessor,
    BusySpinWaitStrategy,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
)
from ringbuffer.errors import ClaimTimeoutError, InsufficientCapacityError
from ringbuffer.producer import ProducerOps, producer_ops
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer
from tests.schedules.explore import Scenario
from tests.schedules.lines import each_claim
from tests.schedules.memory import Event
from tests.schedules.world import World


def consumer(
    world: World, ring: RingBuffer[Event], name: str, last: int, *after: BatchEventProcessor[Event]
) -> BatchEventProcessor[Event]:
    """A processor in its own task, which halts itself at event `last`.

    The processors in `after` must have passed each event before it.
    """

    def stop(sequence: int) -> None:
        for each in after:
            finished = world.value_of(each.sequence)
            if finished < sequence:
                raise world.scheduler.violated(
                    f"{name} handles {sequence}, and {each.name} has finished up to {finished}"
                )
        if sequence == last:
            processor.halt()

    barrier = ring.new_barrier(*(each.sequence for each in after))
    processor = BatchEventProcessor(ring, barrier, world.handler(name, stop), name=name)
    world.name(processor.sequence, f"sequence {name}")
    world.task(name, processor.run)
    return processor


def publish(ring: RingBuffer[Event], ops: ProducerOps, n: int) -> None:
    """Claim `n` slots, write them, publish them together."""
    high = ops.next(n)
    for sequence in range(high - n + 1, high + 1):
        ring.get(sequence).write(sequence)
    ops.publish(high - n + 1, high)


def producer(world: World, ring: RingBuffer[Event], name: str, batches: list[int]) -> None:
    """A task that publishes batches."""
    is_auto = isinstance(ring.sequencer, BiasedProducerSequencer)
    kind = ProducerType.AUTO if is_auto else ProducerType.MULTI

    def produce() -> None:
        with each_claim(world, kind, stores=True):
            ops = producer_ops(ring.sequencer)
            for n in batches:
                publish(ring, ops, n)

    world.task(name, produce)


def no_hole(world: World, ring: RingBuffer[Any], events: int | None = None) -> None:
    """After the run everything that was claimed is published."""

    def check() -> None:
        claimed = ring.sequencer.claimed
        assert ring.sequencer.published() == claimed, (
            f"claimed up to {claimed}, published up to {ring.sequencer.published()}"
        )
        assert events is None or claimed == events - 1

    world.checks.append(check)


def chain(kind: ProducerType, *batches: list[int], size: int = 2) -> Callable[[World], None]:
    """Producers, then two consumers one after the other."""

    def build(world: World) -> None:
        ring = world.ring(size, kind)
        events = sum(map(sum, batches))
        first = consumer(world, ring, "a", events - 1)
        consumer(world, ring, "b", events - 1, first)
        for name, sizes in zip("pqr", batches, strict=False):
            producer(world, ring, name, sizes)
        world.expect("a", "b", events=events)
        no_hole(world, ring, events)

    return build


def one(kind: ProducerType, *batches: list[int], size: int = 2) -> Callable[[World], None]:
    """Producers and one consumer."""

    def build(world: World) -> None:
        ring = world.ring(size, kind)
        events = sum(map(sum, batches))
        consumer(world, ring, "a", events - 1)
        for name, sizes in zip("pqr", batches, strict=False):
            producer(world, ring, name, sizes)
        world.expect("a", events=events)
        no_hole(world, ring, events)

    return build


def each(kind: ProducerType, *shares: int, size: int = 2) -> Callable[[World], None]:
    """Producers that loop over what they publish; the first leaves its last iteration, a skip."""

    def build(world: World) -> None:
        ring = world.ring(size, kind)
        kept = [
            [100 * who + number for number in range(events - (who == 0))]
            for who, events in enumerate(shares)
        ]
        handled: list[int] = []

        def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
            handled.append(event.read())
            if len(handled) == sum(map(len, kept)):
                processor.halt()

        processor = BatchEventProcessor(ring, ring.new_barrier(), handle, name="a")
        world.name(processor.sequence, "sequence a")
        world.task("a", processor.run)

        def produce(who: int, events: int) -> None:
            numbers = range(100 * who, 100 * who + events)
            pairs: Any = producer_ops(ring.sequencer).publish_each(ring.slots.view(), numbers)
            is_auto = kind is ProducerType.AUTO
            lines = each_claim(world, kind, stores=True) if is_auto else contextlib.nullcontext()
            with lines, contextlib.closing(pairs):  # a run that is given up is given up here too
                for event, number in pairs:
                    event.write(number)
                    if number == shares[0] - 1:
                        break

        for who, events in enumerate(shares):
            world.task("pq"[who], functools.partial(produce, who, events))
        no_hole(world, ring, sum(shares))

        def check() -> None:
            for who, numbers in enumerate(kept):
                got = [number for number in handled if number // 100 == who]
                assert got == numbers, f"of producer {who} a has handled {got}, not {numbers}"

        world.checks.append(check)

    return build


def fills(kind: ProducerType, *shares: int, size: int = 2) -> Callable[[World], None]:
    """Producers that publish through the ring itself; the first event of each is refused."""

    def build(world: World) -> None:
        ring = world.ring(size, kind)
        kept = [
            [100 * who + number for number in range(1, events)] for who, events in enumerate(shares)
        ]
        handled: list[int] = []

        def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
            handled.append(event.read())
            if len(handled) == sum(map(len, kept)):
                processor.halt()

        processor = BatchEventProcessor(ring, ring.new_barrier(), handle, name="a")
        world.name(processor.sequence, "sequence a")
        world.task("a", processor.run)

        def fill(event: Event, sequence: int, number: int) -> None:
            if number % 100 == 0:
                raise LookupError("the translator's own error")
            event.write(number)

        def produce(who: int, events: int) -> None:
            for number in range(100 * who, 100 * who + events):
                with contextlib.suppress(LookupError):
                    ring.publish_event(fill, number)

        for who, events in enumerate(shares):
            world.task("pq"[who], functools.partial(produce, who, events))

        def check() -> None:
            assert ring.sequencer.published() == sum(shares) - 1
            for who, numbers in enumerate(kept):
                got = [number for number in handled if number // 100 == who]
                assert got == numbers, f"of producer {who} a has handled {got}, not {numbers}"

        world.checks.append(check)

    return build


def diamond(size: int, *batches: int) -> Callable[[World], None]:
    """One producer, two consumers side by side, a third one after both."""

    def build(world: World) -> None:
        ring = world.ring(size, ProducerType.SINGLE)
        last = sum(batches) - 1
        first, second = consumer(world, ring, "a", last), consumer(world, ring, "b", last)
        consumer(world, ring, "c", last, first, second)
        producer(world, ring, "p", list(batches))
        world.expect("a", "b", "c", events=last + 1)

    return build


class Pair:
    """An event of two fields, each a place of its own: only the order of accesses relates them."""

    def __init__(self, world: World, index: int) -> None:
        self.left, self.right = (
            world.memory.field(f"left {index}"),
            world.memory.field(f"right {index}"),
        )


def torn(kind: ProducerType, size: int, *batches: list[int]) -> Callable[[World], None]:
    """A task that reads an event finds both fields written by one producer for the same lap."""

    def build(world: World) -> None:
        pairs = (Pair(world, index) for index in range(size))
        ring = RingBuffer(
            size, pairs.__next__, kind, BusySpinWaitStrategy(), memory=world.memory, host=world.host
        )
        world.names_of(ring)
        events = sum(map(sum, batches))

        def handle(pair: Pair, sequence: int, end_of_batch: bool) -> None:
            left, right = pair.left.load(), pair.right.load()
            if not left == right == sequence:
                raise world.scheduler.violated(f"a reads a torn event {sequence}: {left}, {right}")
            if sequence == events - 1:
                processor.halt()

        processor = BatchEventProcessor(ring, ring.new_barrier(), handle, name="a")
        world.name(processor.sequence, "sequence a")
        world.task("a", processor.run)
        for name, sizes in zip("pqr", batches, strict=False):
            world.task(name, functools.partial(produce_pairs, ring, sizes))
        no_hole(world, ring, events)

    return build


def produce_pairs(ring: RingBuffer[Pair], sizes: list[int]) -> None:
    ops = producer_ops(ring.sequencer)
    for n in sizes:
        high = ops.next(n)
        for sequence in range(high - n + 1, high + 1):
            pair = ring.get(sequence)
            pair.left.store(sequence)
            pair.right.store(sequence)
        ops.publish(high - n + 1, high)


def skipping(world: World) -> None:
    """Two producers claim, one gives a part up: no consumer sees that part, or waits for it.

    Where it is noted is a place too: a consumer looks there as soon as it finds the count raised,
    and not again. There is room for all of it, so that this may be while the skip is being noted.
    """
    ring = world.ring(4, ProducerType.MULTI)
    world.share(ring.sequencer.state.skipped, "_ranges", "ranges")
    handled = world.handled.setdefault("a", [])
    processor: BatchEventProcessor[Event]
    kept: list[int] = []

    def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
        handled.append((sequence, event.read()))
        if len(handled) == 2:
            processor.halt()

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle, name="a")
    world.name(processor.sequence, "sequence a")
    world.task("a", processor.run)

    def with_skip() -> None:
        ops = producer_ops(ring.sequencer)
        high = ops.next(2)
        ops.skip(high - 1)
        ring.get(high).write(high)
        ops.publish(high)
        kept.append(high)

    def without() -> None:
        ops = producer_ops(ring.sequencer)
        sequence = ops.next(1)
        ring.get(sequence).write(sequence)
        ops.publish(sequence)
        kept.append(sequence)

    world.task("p", with_skip)
    world.task("q", without)

    def check() -> None:
        assert handled == [(sequence, sequence) for sequence in sorted(kept)], (
            f"{handled}, and published was {kept}"
        )

    world.checks.append(check)
    no_hole(world, ring, 3)


def refusals(kind: ProducerType) -> Callable[[World], None]:
    """Claims that are refused, time out, or find the ring closed, leave nothing behind."""

    def build(world: World) -> None:
        ring = world.ring(1, kind)
        own = Sequence(memory=world.memory)
        world.name(own, "sequence a")
        ring.add_gating_sequences(own)

        def produce() -> None:
            ops = producer_ops(ring.sequencer)
            claims: list[Callable[[], int]] = [
                lambda: ops.try_next(1),
                lambda: ops.next(1, 0.002),
                lambda: ops.next(1),
            ]
            for claim in claims:
                try:
                    sequence = claim()
                except (ClaimTimeoutError, InsufficientCapacityError, RingBufferClosedError):
                    continue
                ring.get(sequence).write(sequence)
                ops.publish(sequence)

        def consume() -> None:
            available = ring.new_barrier().view().available()
            if available == 0:
                assert ring.get(0).read() == 0
                own.set(0)

        world.task("p", produce)
        if kind is ProducerType.MULTI:
            world.task("q", produce)
        world.task("a", consume)
        world.task("closer", ring.close)
        no_hole(world, ring)

        def check() -> None:
            assert ring.sequencer.claimed <= own.get() + 1, (
                "more was claimed than there was room for"
            )

        world.checks.append(check)

    return build


def closed(kind: ProducerType) -> Callable[[World], None]:
    """A claim that begins after the close is refused, and each refusal says why the ring closed.

    The producer consumes what it publishes, so that there is always room.
    """

    def build(world: World) -> None:
        ring = world.ring(2, kind)
        state, own, ended = (
            ring.sequencer.state,
            Sequence(memory=world.memory),
            world.memory.cell(0),
        )
        world.share(state, "_error", "error")
        world.name(own, "sequence a")
        world.name_cell(ended, "ended")
        ring.add_gating_sequences(own)

        def produce() -> None:
            ops, reasons = producer_ops(ring.sequencer), set[str]()
            for _ in range(4):
                is_closed = ended.load()
                try:
                    sequence = ops.try_next()
                except RingBufferClosedError as error:
                    reasons.add(str(error))
                    continue
                assert not is_closed, f"{sequence} is claimed after the ring was closed"
                ops.publish(sequence)
                own.set(sequence)
            assert reasons <= {"that is why"}, reasons

        def close() -> None:
            ring.close(RingBufferClosedError("that is why"))
            ended.store(1)

        world.task("p", produce)
        world.task("closer", close)
        no_hole(world, ring)

    return build


SCENARIOS = [
    Scenario(
        "single",
        "1 producer, 3 events, chain of 2, ring 2",
        chain(ProducerType.SINGLE, [1, 1, 1]),
        (0, 1),
    ),
    Scenario(
        "batches",
        "1 producer, batches of 2 and 1, chain of 2",
        chain(ProducerType.SINGLE, [2, 1, 2]),
        (0, 1),
    ),
    Scenario(
        "one-slot",
        "1 producer, ring 1, chain of 2",
        chain(ProducerType.SINGLE, [1, 1, 1], size=1),
        (0, 1),
    ),
    Scenario(
        "hand-over",
        "1 producer, 2 events, 1 consumer, ring 1",
        one(ProducerType.SINGLE, [1, 1], size=1),
        (2, 3),
    ),
    Scenario(
        "hand-over-multi",
        "2 producers x 1 event, ring 1",
        one(ProducerType.MULTI, [1], [1], size=1),
        (1, 2),
    ),
    Scenario("diamond", "1 producer, 1 event, diamond of 3, ring 1", diamond(1, 1), (0, 1)),
    Scenario("diamond-batch", "1 producer, a batch of 2, diamond of 3", diamond(2, 2), (0, 1)),
    Scenario("torn", "events of two fields, ring 1", torn(ProducerType.SINGLE, 1, [1, 1]), (1, 2)),
    Scenario(
        "torn-multi",
        "events of two fields, 2 producers",
        torn(ProducerType.MULTI, 1, [1], [1]),
        (1, 2),
    ),
    Scenario(
        "multi", "2 producers x 2 batches, ring 2", one(ProducerType.MULTI, [1, 2], [2, 1]), (0, 1)
    ),
    Scenario(
        "multi-batch",
        "2 producers, batches of 1 and 2, and of 1",
        one(ProducerType.MULTI, [1, 2], [1]),
        (1, 2),
    ),
    Scenario(
        "multi-ones",
        "2 producers x 2 events, ring 2",
        one(ProducerType.MULTI, [1, 1], [1, 1]),
        (1, 2),
    ),
    Scenario(
        "multi-chain",
        "2 producers x 2 events, chain of 2",
        chain(ProducerType.MULTI, [1, 1], [1, 1]),
        (0, 1),
    ),
    Scenario(
        "three",
        "3 producers x 1 event, ring 1",
        one(ProducerType.MULTI, [1], [1], [1], size=1),
        (0, 1),
    ),
    Scenario(
        "each", "1 producer loops over 4 events and leaves", each(ProducerType.SINGLE, 4), (2, 3)
    ),
    Scenario(
        "each-multi", "2 producers loop over 2 events each", each(ProducerType.MULTI, 2, 2), (0, 1)
    ),
    Scenario(
        "fills",
        "1 producer publishes 4 events through the ring, one refused",
        fills(ProducerType.SINGLE, 4),
        (1, 2),
    ),
    Scenario(
        "fills-multi",
        "2 producers publish 2 events each through the ring",
        fills(ProducerType.MULTI, 2, 2),
        (0, 1),
    ),
    Scenario(
        "alone",
        "2 producers: one claims alone until the other comes",
        one(ProducerType.AUTO, [1, 1], [1]),
        (1, 2),
    ),
    Scenario(
        "alone-full",
        "the same, and the ring is full after each event",
        one(ProducerType.AUTO, [1, 1], [1], size=1),
        (0, 1),
    ),
    Scenario(
        "alone-one",
        "1 producer, which stays alone, ring 1",
        one(ProducerType.AUTO, [1, 1, 1], size=1),
        (1, 2),
    ),
    Scenario(
        "alone-batch",
        "2 producers of batches: one claims alone until the other comes",
        one(ProducerType.AUTO, [2, 1], [2]),
        (0, 1),
    ),
    Scenario(
        "alone-each",
        "2 producers loop over their events while one of them claims alone",
        each(ProducerType.AUTO, 2, 1),
        (1, 2),
    ),
    Scenario("skipping", "2 producers, one skips a part of its claim", skipping, (1, 2)),
    Scenario("closed", "closed at any moment, 1 producer", closed(ProducerType.SINGLE), (1, 2)),
    Scenario("closed-multi", "the same, multi producer", closed(ProducerType.MULTI), (1, 2)),
    Scenario(
        "refused", "1 producer: full, timed out, closed", refusals(ProducerType.SINGLE), (1, 2)
    ),
    Scenario(
        "refused-multi",
        "2 producers: full, timed out, closed",
        refusals(ProducerType.MULTI),
        (0, 1),
    ),
]
