"""SingleProducer: a producer and processors on a ring with a single producer.

Every step of the model is one access.
"""

import itertools
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import BatchEventProcessor, InsufficientCapacityError, ProducerType, RingBuffer
from ringbuffer.producer import ProducerOps, producer_ops
from ringbuffer.testing.outcomes import Step
from spec.mirrors.mirror import State
from spec.mirrors.single_producer import PRODUCER, SingleProducer
from tests.schedules.conform.graph import Access, Excuse
from tests.schedules.conform.run import Pick
from tests.schedules.memory import Event
from tests.schedules.world import World

OUT_OF_TURN: Final = Excuse("the code looks at consumers in one order, which does not change")


@dataclass(frozen=True)
class OfSingleProducer:
    """spec/modules/SingleProducer.tla."""

    mirror: SingleProducer

    @property
    def beginnings(self) -> list[tuple[str, ...]]:
        """Orders in which consumers are looked at."""
        return list(itertools.permutations(sorted(self.mirror.consumers)))

    def slot(self, sequence: int) -> str:
        return f"slot {sequence % self.mirror.size}"

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        match label:
            case "Claim":
                return Access("load", "limit", state["limit"], changes["high"] - state["claimed"])
            case "Look" | "LoadDependency":
                (read,) = state["toRead"][thread] - changes["toRead"][thread]
                return Access("load", f"sequence {read}", state["sequence"][read])
            case "KeepLimit":
                return Access("store", "limit", changes["limit"])
            case "StartWriting":
                return Access("write", self.slot(state["writing"]))
            case "StopWriting":
                return Access("written", self.slot(state["writing"]))
            case "Publish":
                return Access("store", "cursor", changes["cursor"])
            case "LoadCursor":
                return Access("load", "cursor", state["cursor"])
            case "Decide" if changes["pc"][thread] == "wait":
                return None
            case "Decide" | "StartReading":
                return Access("read", self.slot(state["reading"][thread]))
            case "StopReading":
                return Access("done", self.slot(state["reading"][thread]))
            case "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
        raise AssertionError(f"an action without an access: {label}")

    def concerns(self, kind: str, where: str) -> bool:
        return where in ("cursor", "limit") or where.split(" ")[0] in ("sequence", "slot")

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """What only its own thread ever stores, loaded by that thread."""
        return step.kind == "load" and step.where == (
            "cursor" if thread == PRODUCER else f"sequence {thread}"
        )

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        if thread == PRODUCER:
            n = min(self.mirror.batches) if chosen is None else chosen
            return bool(
                state["pc"][thread] == "claim" and state["claimed"] + n >= self.mirror.events
            )
        return bool(
            state["pc"][thread] == "wait" and state["reading"][thread] == self.mirror.events
        )

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        if label in ("Look", "LoadDependency") and out_of_turn(
            state["toRead"][thread], changes["toRead"][thread], hidden
        ):
            return OUT_OF_TURN
        return hidden


def out_of_turn(before: frozenset[str], after: frozenset[str], order: tuple[str, ...]) -> bool:
    """Of several sequences to read, the code reads the first one; the model may read any."""
    first = next(each for each in order if each in before)
    return after != before - {first}


def consumers(
    world: World,
    ring: RingBuffer[Event],
    dependencies: dict[str, frozenset[str]],
    order: tuple[str, ...],
) -> None:
    """A processor for each, which consumes forever; it reads several sequences in this order."""
    processors: dict[str, BatchEventProcessor[Event]] = {}
    for name in sorted(dependencies):
        barrier = ring.new_barrier(
            *(processors[each].sequence for each in order if each in dependencies[name])
        )
        processor = BatchEventProcessor(
            ring, barrier, lambda event, sequence, end_of_batch: event.read(), name=name
        )
        processors[name] = processor
        world.name(processor.sequence, f"sequence {name}")
        world.task(name, processor.run)
    for name in order:
        ring.remove_gating_sequence(processors[name].sequence)
    for name in order:
        ring.add_gating_sequences(processors[name].sequence)


def publish(ring: RingBuffer[Event], ops: ProducerOps, n: int) -> None:
    """Claim `n` slots if there is room; write them, publish them together."""
    try:
        high = ops.try_next(n)
    except InsufficientCapacityError:
        return
    for sequence in range(high - n + 1, high + 1):
        ring.get(sequence).write(sequence)
    ops.publish(high - n + 1, high)


def single_producer(world: World, projection: Any, order: tuple[str, ...], pick: Pick) -> None:
    """A producer and consumers without an end: one that would leave the bounds gets no turn."""
    mirror: SingleProducer = projection.mirror
    ring = world.ring(mirror.size, ProducerType.SINGLE)
    consumers(world, ring, mirror.dependencies, order)

    def produce() -> None:
        ops = producer_ops(ring.sequencer)
        while True:
            n = pick(sorted(mirror.batches))
            high = ops.next(n)
            for sequence in range(high - n + 1, high + 1):
                ring.get(sequence).write(sequence)
            ops.publish(high - n + 1, high)

    world.task(PRODUCER, produce)
