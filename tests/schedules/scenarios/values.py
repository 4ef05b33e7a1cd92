"""Rings of values: a slot is cleared after its last consumer has passed, before it is refilled."""

import functools
from typing import Any

from ringbuffer import BatchEventProcessor, BusySpinWaitStrategy, ProducerType, RingBuffer, Sequence
from ringbuffer.producer import producer_ops
from ringbuffer.producer.values import ValuePublication, value_publication
from tests.schedules.explore import Scenario
from tests.schedules.memory import stored
from tests.schedules.world import World


def name_all_of(world: World, ring: RingBuffer[Any]) -> None:
    """The words of a ring of values, and of what clears its slots."""
    world.names_of(ring)
    reclaimer: Any = ring._reclaimer
    world.name_cell(reclaimer._pending, "pending")
    world.name(reclaimer._gate, "gate")


def cleared(events: int, size: int, leaves: bool) -> Any:
    """Two consumers side by side; with `leaves` one of them is removed at some moment."""

    def build(world: World) -> None:
        ring: RingBuffer[Any] = RingBuffer.of_values(
            size, ProducerType.SINGLE, BusySpinWaitStrategy(), memory=world.memory, host=world.host
        )
        name_all_of(world, ring)
        for name in "ab":
            value_consumer(world, ring, name, events - 1, leaves and name == "b")

        def produce() -> None:
            ops = producer_ops(ring.sequencer)
            for _ in range(events):
                sequence = ops.next(1)
                ring[sequence] = sequence
                ops.publish(sequence)

        world.task("p", produce)
        world.expect("a", events=events)

        def check() -> None:
            handled = world.handled["b"]
            assert handled == [(sequence, sequence) for sequence in range(len(handled))]
            assert leaves or len(handled) == events
            held = [value for value in stored(ring.slots.view()) if value is not None]
            assert not held, f"the ring still holds {held}"

        world.checks.append(check)

    return build


def puts(kind: ProducerType, size: int, *shares: int) -> Any:
    """Producers that publish one value at a time."""

    def build(world: World) -> None:
        ring: RingBuffer[Any] = RingBuffer.of_values(
            size, kind, BusySpinWaitStrategy(), memory=world.memory, host=world.host
        )
        name_all_of(world, ring)
        value_consumer(world, ring, "a", sum(shares) - 1, False)

        def produce(who: int, count: int) -> None:
            publish = value_publication(
                producer_ops(ring.sequencer), ring.slots.view(), world.host
            ).publish_value
            for number in range(count):
                publish((who, number))

        for who, count in enumerate(shares):
            world.task("pq"[who], functools.partial(produce, who, count))

        def check() -> None:
            handled: list[Any] = [value for _, value in world.handled["a"]]
            for who, count in enumerate(shares):
                numbers = [value[1] for value in handled if value and value[0] == who]
                assert numbers == list(range(count)), f"of producer {who} a has handled {numbers}"
            assert len(handled) == sum(shares)

        world.checks.append(check)

    return build


def rows(world: World) -> None:
    """Slots in rows of two: one producer stores batches across rows, another puts single values."""
    ring: RingBuffer[Any] = RingBuffer.of_values(
        4, ProducerType.MULTI, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    name_all_of(world, ring)
    batch, ones = ["p0", "p1", "p2"], ["q0", "q1"]
    value_consumer(world, ring, "a", len(batch) + len(ones) - 1, False)

    def publication() -> ValuePublication:
        return value_publication(producer_ops(ring.sequencer), ring.slots.view(), world.host)

    world.task("p", lambda: publication().publish_values(batch, chunk=3))

    def put() -> None:
        publish = publication().publish_value
        for value in ones:
            publish(value)

    world.task("q", put)

    def check() -> None:
        handled: list[Any] = [value for _, value in world.handled["a"]]
        assert [value for value in handled if value in batch] == batch, f"a has handled {handled}"
        assert [value for value in handled if value in ones] == ones, f"a has handled {handled}"
        held = [value for value in stored(ring.slots.view()) if value is not None]
        assert not held, f"the ring still holds {held}"

    world.checks.append(check)


def value_consumer(world: World, ring: RingBuffer[Any], name: str, last: int, leaves: bool) -> None:
    handled = world.handled.setdefault(name, [])

    def handle(value: Any, sequence: int, end_of_batch: bool) -> None:
        handled.append((sequence, value))
        if sequence == last:
            processor.halt()

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle, name=name)
    world.name(processor.sequence, f"sequence {name}")
    world.task(name, processor.run)

    def leave() -> None:
        processor.close()
        assert ring.remove_gating_sequence(processor.sequence)

    if leaves:
        world.task("leaver", leave)


def all_leave(world: World) -> None:
    """Two consumers that have passed a value leave at any moment: later values stay."""
    ring: RingBuffer[Any] = RingBuffer.of_values(
        1, ProducerType.MULTI, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    name_all_of(world, ring)
    stays: list[bool] = []
    consumers: list[Sequence] = []

    def store(value: str) -> None:
        ops = producer_ops(ring.sequencer)
        sequence = ops.next(1)
        stays.append(not ring.sequencer.state.gating.members)
        ring[sequence] = value
        ops.publish(sequence)

    for name in "ab":
        own = Sequence(memory=world.memory)
        world.name(own, f"sequence {name}")
        ring.add_gating_sequences(own)
        consumers.append(own)
        world.task(name, functools.partial(ring.remove_gating_sequence, own))
    store("first")
    for own in consumers:
        own.set(0)
    world.task("p", lambda: store("second"))

    def check() -> None:
        (held,) = stored(ring.slots.view())
        assert held == "second" or not stays[1], "what was stored when all had left is cleared"

    world.checks.append(check)


SCENARIOS = [
    Scenario("values", "2 consumers, 3 values, ring 2", cleared(3, 2, False), (0, 1)),
    Scenario("values-one", "2 consumers, 2 values, ring 1", cleared(2, 1, False), (0, 1)),
    Scenario("values-once", "2 consumers, 1 value, ring 1", cleared(1, 1, False), (0, 1)),
    Scenario("values-all-leave", "2 consumers, both leave, a producer goes on", all_leave, (1, 2)),
    Scenario("puts", "1 producer puts 3 values, ring 2", puts(ProducerType.SINGLE, 2, 3), (1, 2)),
    Scenario(
        "puts-multi",
        "2 producers put 1 value each, ring 1",
        puts(ProducerType.MULTI, 1, 1, 1),
        (1, 2),
    ),
    Scenario("rows", "2 producers, a batch of 3 and 2 values, ring 4 in rows of 2", rows, (1, 2)),
    Scenario("values-leave", "2 consumers, one leaves", cleared(2, 1, True), (0, 1)),
]
