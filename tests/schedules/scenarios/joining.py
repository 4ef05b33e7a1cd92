"""Consumers that join a running ring, and leave it."""

import contextlib
from collections.abc import Callable

from ringbuffer import BatchEventProcessor, ProducerType, Sequence
from ringbuffer.errors import InsufficientCapacityError
from ringbuffer.producer import producer_ops
from tests.schedules.explore import Scenario
from tests.schedules.scenarios.sequencers import consumer, no_hole, producer
from tests.schedules.world import World


def joins(kind: ProducerType, size: int, *batches: list[int]) -> Callable[[World], None]:
    """One joins at any moment, and misses nothing from where it starts."""

    def build(world: World) -> None:
        ring = world.ring(size, kind)
        last = sum(map(sum, batches)) - 1
        consumer(world, ring, "a", last)
        for name, sizes in zip("pq", batches, strict=False):
            producer(world, ring, name, sizes)
        handled = world.handled.setdefault("b", [])
        starts: list[int] = []

        def stop(sequence: int) -> None:
            if sequence == last:
                processors[0].halt()

        processors: list[BatchEventProcessor[object]] = []

        def join() -> None:
            processor = BatchEventProcessor(
                ring, ring.new_barrier(), world.handler("b", stop), name="b"
            )
            starts.append(processor.sequence.get())
            processors.append(processor)  # type: ignore[arg-type]
            if starts[0] < last:
                processor.run()

        world.task("b", join)
        world.expect("a", events=last + 1)
        no_hole(world, ring, last + 1)

        def check() -> None:
            assert handled == [
                (sequence, sequence) for sequence in range(starts[0] + 1, last + 1)
            ], f"from {starts}: {handled}"

        world.checks.append(check)

    return build


def leaves(kind: ProducerType) -> Callable[[World], None]:
    """One leaves at any moment: no producer waits for it any more, and the others miss nothing."""

    def build(world: World) -> None:
        ring = world.ring(1, kind)
        consumer(world, ring, "a", 1)
        processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("b"), name="b")
        world.name(processor.sequence, "sequence b")
        world.task("b", processor.run)
        producer(world, ring, "p", [1, 1])

        def leave() -> None:
            processor.close()
            assert ring.remove_gating_sequence(processor.sequence)

        world.task("leaver", leave)
        world.expect("a", events=2)

        def check() -> None:
            handled = world.handled["b"]
            assert handled == [(sequence, sequence) for sequence in range(len(handled))]

        world.checks.append(check)

    return build


def gates(kind: ProducerType) -> Callable[[World], None]:
    """A sequence begins to gate at any moment: later slots are not given away. No thread waits.

    The producer looks for free capacity, and so knows the gating sequences, before the last event
    is given away.
    """

    def build(world: World) -> None:
        ring = world.ring(1, kind)
        old = Sequence(memory=world.memory)
        world.name(old, "sequence a")
        ring.add_gating_sequences(old)

        def produce_and_consume() -> None:
            ops = producer_ops(ring.sequencer)
            with contextlib.suppress(InsufficientCapacityError):
                for sequence in (0, 1, 2):
                    assert ops.try_next() == sequence
                    ring.get(sequence).write(sequence)
                    ops.publish(sequence)
                    with contextlib.suppress(InsufficientCapacityError):
                        raise AssertionError(
                            f"{ops.try_next()} is claimed, and {sequence} is not consumed"
                        )
                    old.set(sequence)

        def join() -> None:
            own = Sequence(memory=world.memory)
            world.name(own, "sequence b")
            ring.add_gating_sequences(own)
            first = own.get() + 1
            if ring.new_barrier().view().available() >= first:
                number = ring.get(first).read()
                assert number == first, f"event {first} is {number}"

        world.task("p", produce_and_consume)
        world.task("b", join)

    return build


SCENARIOS = [
    Scenario(
        "join",
        "a consumer joins, multi producer, ring 2",
        joins(ProducerType.MULTI, 2, [1, 1, 1, 1]),
        (0, 1),
    ),
    Scenario(
        "join-one-slot",
        "a consumer joins, multi producer, ring 1",
        joins(ProducerType.MULTI, 1, [1] * 4),
        (0, 1),
    ),
    Scenario(
        "join-batches", "a consumer joins, batches", joins(ProducerType.MULTI, 2, [2, 1, 2]), (0, 1)
    ),
    Scenario(
        "join-two",
        "a consumer joins, 2 producers, ring 1",
        joins(ProducerType.MULTI, 1, [1], [1]),
        (0, 1),
    ),
    Scenario(
        "join-two-laps",
        "the same, 3 events",
        joins(ProducerType.MULTI, 1, [1, 1], [1]),
        (0, 1),
    ),
    Scenario(
        "join-once",
        "a consumer joins, 2 events, ring 1",
        joins(ProducerType.SINGLE, 1, [1, 1]),
        (0, 1),
    ),
    Scenario(
        "join-single",
        "a consumer joins, single producer",
        joins(ProducerType.SINGLE, 1, [1, 1, 1]),
        (0, 1),
    ),
    Scenario(
        "gate", "a gating sequence is added, ring 1", gates(ProducerType.SINGLE), (1, 2), (1, 2)
    ),
    Scenario("gate-multi", "the same, multi producer", gates(ProducerType.MULTI), (1, 2), (1, 2)),
    Scenario("leave", "a consumer leaves", leaves(ProducerType.SINGLE), (0, 1)),
    Scenario(
        "leave-multi",
        "a consumer leaves, multi producer",
        leaves(ProducerType.MULTI),
        (0, 1),
    ),
]
