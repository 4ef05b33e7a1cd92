"""`Shape`: everything that is decided about a topology before it runs; drawn from a seed."""

import random
from dataclasses import dataclass

from ringbuffer.programs.stress.message import STAGES
from ringbuffer.programs.stress.switches import Switches, switches_of
from ringbuffer.programs.stress.waiting import WAITING

#: How a stage consumes.
KINDS = ("events", "batches", "coroutine", "aggregate", "pool", "poller", "taker", "stream")


@dataclass(frozen=True, slots=True)
class StageShape:
    """One stage.

    Attributes:
        kind: one of `KINDS`.
        before: the numbers of the stages that come before it.
        consumers: how many share its events, in a pool.
        limit: the most events in a batch or a chunk; None sets no limit.
        faults: per cent of events on which the handler raises.
        rewinds: per cent of batches that are asked for again.
        releases: whether the handler gives slots back before its batch ends.
    """

    kind: str
    before: tuple[int, ...]
    consumers: int
    limit: int | None
    faults: int
    rewinds: int
    releases: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A topology.

    Attributes:
        seed: what it was drawn from.
        size: slots in the ring.
        values: whether the slots hold values, rather than events.
        single: whether the ring is for a single producer at a time; several take turns.
        producers: threads that publish.
        messages: how many they publish in all, about.
        failing: per cent of publications that fail, by a translator, a block or an iterable that
        raises.
        waiting: the name of the wait strategy.
        stages: what consumes, each after those before it.
        halts: consumers that are halted and started again meanwhile.
        switches: how threads are put on cores, and taken off them.
    """

    seed: int
    size: int
    values: bool
    single: bool
    producers: int
    messages: int
    failing: int
    waiting: str
    stages: tuple[StageShape, ...]
    halts: int
    switches: Switches

    def __str__(self) -> str:
        stages = "; ".join(
            f"{number} {each.kind}{f' x{each.consumers}' if each.consumers > 1 else ''}"
            f"{' after ' + ','.join(map(str, each.before)) if each.before else ''}"
            for number, each in enumerate(self.stages)
        )
        kind = (
            f"{'single' if self.single else 'multi'} producer, "
            f"{'values' if self.values else 'events'}"
        )
        return (
            f"seed {self.seed}: ring of {self.size}, {kind}, {self.waiting}, "
            f"{self.producers} producer{'s' if self.producers > 1 else ''}, "
            f"{self.messages} messages, {self.failing} % fail, {self.halts} halts, "
            f"{self.switches}; stages: {stages}"
        )


def shape_of(seed: int) -> Shape:
    """The topology of a seed: the same everywhere."""
    pick = random.Random(seed)
    waiting = pick.choice(sorted(WAITING))
    # With more threads than cores it measures the scheduler's time slice: small shapes
    busy = waiting == "busy spin"
    size = 1 << pick.randint(0, 10)
    stages = pick.randint(1, 3 if busy else STAGES)
    return Shape(
        seed=seed,
        size=size,
        values=pick.choice([False, True]),
        single=pick.choice([False, True]),
        producers=pick.randint(1, 3 if busy else 16),
        messages=(200 if size < 8 else 800 if size < 64 else 2000) // (5 if busy else 1),
        failing=pick.choice([0, 5]),
        waiting=waiting,
        stages=tuple(_stage(pick, number) for number in range(stages)),
        halts=pick.randint(0, 20),
        switches=switches_of(pick, seed),
    )


def _stage(pick: random.Random, number: int) -> StageShape:
    kind = pick.choice(KINDS)
    return StageShape(
        kind=kind,
        before=tuple(sorted(pick.sample(range(number), pick.randint(0, min(3, number))))),
        consumers=pick.randint(1, 4) if kind == "pool" else 1,
        limit=pick.choice([None, 1, 3, 16]),
        faults=pick.choice([0, 0, 2]),
        rewinds=pick.choice([0, 0, 5]),
        releases=pick.choice([False, True]),
    )
