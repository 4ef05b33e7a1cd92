"""Processors that are started, halted, started again, shut down, and that die."""

import contextlib

from ringbuffer import BatchEventProcessor, Disruptor, ProducerType, RingBufferClosedError
from ringbuffer.errors import ProcessorStateError
from ringbuffer.processors.state import ProcessorState
from ringbuffer.producer import producer_ops
from tests.schedules.explore import Scenario
from tests.schedules.memory import Event
from tests.schedules.scenarios.sequencers import no_hole, producer, publish
from tests.schedules.scenarios.waiting import STRATEGIES
from tests.schedules.world import World


def started_and_halted(world: World) -> None:
    """One start and one halt, in any order: it ends halted, and has handled the first events."""
    ring = world.ring(2, ProducerType.SINGLE, STRATEGIES["block"](world))
    processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("a"), name="a")
    world.name(processor.sequence, "sequence a")

    def halt() -> None:
        processor.halt()
        assert processor.join()

    world.task("starter", processor.start)
    world.task("halter", halt)
    producer(world, ring, "p", [1, 1])

    def check() -> None:
        assert processor.state is ProcessorState.HALTED
        handled = world.handled["a"]
        assert handled == [(sequence, sequence) for sequence in range(len(handled))]

    world.checks.append(check)


def restarted(world: World) -> None:
    """Halted at any moment and started again: nothing is lost, nothing comes twice."""
    ring = world.ring(2, ProducerType.SINGLE)

    def stop(sequence: int) -> None:
        if sequence == 1:
            processor.halt()

    processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("a", stop), name="a")
    world.name(processor.sequence, "sequence a")

    def start() -> None:
        with contextlib.suppress(ProcessorStateError):
            processor.start()

    def again() -> None:
        processor.close()
        if processor.sequence.get() < 1:
            start()

    world.task("starter", start)
    world.task("restarter", again)
    producer(world, ring, "p", [1, 1])
    world.expect("a", events=2)


def halted_again(world: World) -> None:
    """Halt, start, halt: a late alert does not belong to a later run, and none is lost."""
    ring = world.ring(2, ProducerType.SINGLE)
    processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("a"), name="a")
    world.name(processor.sequence, "sequence a")
    processor.start()

    def again() -> None:
        processor.close()
        processor.start()
        assert processor.close()

    world.task("halter", again)
    producer(world, ring, "p", [1])

    def check() -> None:
        assert processor.state is ProcessorState.HALTED
        assert world.handled["a"] in ([], [(0, 0)])

    world.checks.append(check)


def halted_when_it_dies(world: World) -> None:
    """A halt at the moment when it dies: it has stopped, and can be started again."""
    ring = world.ring(1, ProducerType.SINGLE)

    def die(sequence: int) -> None:
        raise ValueError(sequence)

    processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("a", die), name="a")
    world.name(processor.sequence, "sequence a")

    def halt() -> None:
        processor.halt()
        assert processor.join()
        assert processor.state is ProcessorState.HALTED, f"it is {processor.state.name}"

    processor.start()
    world.task("halter", halt)
    producer(world, ring, "p", [1])


def started_twice(world: World) -> None:
    """Of two tasks that run it at once one wins, and the other gets an error; or one follows."""
    ring = world.ring(2, ProducerType.SINGLE)
    refused: list[int] = []
    processor = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        world.handler("a", lambda sequence: processor.halt()),
        max_batch_size=1,
        name="a",
    )
    world.name(processor.sequence, "sequence a")

    def run() -> None:
        try:
            processor.run()
        except ProcessorStateError:
            refused.append(1)

    world.task("x", run)
    world.task("y", run)
    producer(world, ring, "p", [1, 1])

    def check() -> None:
        handled = world.handled["a"]
        assert handled == [(sequence, sequence) for sequence in range(2 - len(refused))], (
            f"{handled}, {len(refused)} refused"
        )

    world.checks.append(check)


def death(world: World) -> None:
    """A consumer dies while a producer may wait for it: the producer gets an error.

    Everything before is handled.
    """
    ring = world.ring(1, ProducerType.SINGLE)

    def die(sequence: int) -> None:
        if sequence == 1:
            raise ValueError(sequence)

    processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("a", die), name="a")
    world.name(processor.sequence, "sequence a")
    world.task("a", lambda: run_until_death(processor))
    told: list[int] = []

    def produce() -> None:
        ops = producer_ops(ring.sequencer)
        for number in range(4):
            try:
                publish(ring, ops, 1)
            except RingBufferClosedError:
                told.append(number)
                return

    world.task("p", produce)

    def check() -> None:
        assert [sequence for sequence, _ in world.handled["a"]] == [0, 1]
        assert processor.sequence.get() == 0
        assert told, "the producer was not told"

    world.checks.append(check)


def run_until_death(processor: BatchEventProcessor[Event]) -> None:
    with contextlib.suppress(ValueError):
        processor.run()


def shutdown(world: World) -> None:
    """A shutdown at any moment: every consumer handles what was published, and all tasks end."""
    events = iter(world.memory.events(range(2)))
    disruptor: Disruptor[Event] = Disruptor(
        events.__next__,
        2,
        ProducerType.SINGLE,
        STRATEGIES["block"](world),
        memory=world.memory,
        host=world.host,
    )
    world.names_of(disruptor.ring)
    published: list[int] = []

    def produce() -> None:
        ops = producer_ops(disruptor.ring.sequencer)
        for number in range(2):
            try:
                publish(disruptor.ring, ops, 1)
            except RingBufferClosedError:
                return
            published.append(number)

    disruptor.handle_events_with(world.handler("a")).then(world.handler("b"))
    world.start(disruptor)
    world.task("p", produce)
    world.task("ender", disruptor.shutdown)

    def check() -> None:
        expected = [(number, number) for number in published]
        assert world.handled["a"] == world.handled["b"] == expected, (
            f"{world.handled}, and published was {published}"
        )

    world.checks.append(check)
    no_hole(world, disruptor.ring)


SCENARIOS = [
    Scenario("start-halt", "a start and a halt, in any order", started_and_halted, (1, 2)),
    Scenario("restart", "a halt at any moment, and a start again", restarted, (1, 2)),
    Scenario("halt-again", "a halt, a start, a halt", halted_again, (1, 2)),
    Scenario("halt-death", "a halt when it dies", halted_when_it_dies, (1, 2)),
    Scenario("start-twice", "two starts at once", started_twice, (1, 2)),
    Scenario("death", "a consumer dies, a producer waits for it", death, (1, 2)),
    Scenario("shutdown", "a shutdown at any moment, chain of 2", shutdown, (0, 1), max_steps=5_000),
]
