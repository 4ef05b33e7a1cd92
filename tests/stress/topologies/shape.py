"""`Shape`: everything that is decided about a topology before it runs; drawn by hypothesis, from a seed.

Integers are drawn below 100 only: larger ones hypothesis sometimes takes from the constants of the modules that happen to be
loaded, and the same seed would not give the same shape everywhere.
"""

from dataclasses import dataclass

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests.stress.switches import CORES, Switches
from tests.stress.topologies.message import STAGES
from tests.stress.waiting import WAITING

#: How a stage consumes.
KINDS = ("events", "batches", "coroutine", "aggregate", "pool", "poller", "taker", "stream")
#: Drawn and thrown away before the shape that counts: hypothesis begins with the simplest there is.
DRAWN = 3


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
        failing: per cent of publications that fail, by a translator, a block or an iterable that raises.
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
        kind = f"{'single' if self.single else 'multi'} producer, {'values' if self.values else 'events'}"
        return (
            f"seed {self.seed}: ring of {self.size}, {kind}, {self.waiting}, {self.producers} producers, "
            f"{self.messages} messages, {self.failing} % fail, {self.halts} halts, {self.switches}; stages: {stages}"
        )


@st.composite
def stage_shapes(draw: st.DrawFn, number: int) -> StageShape:
    kind = draw(st.sampled_from(KINDS))
    before = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
    return StageShape(
        kind=kind,
        before=tuple(sorted(before)),
        consumers=draw(st.integers(1, 4)) if kind == "pool" else 1,
        limit=draw(st.sampled_from([None, 1, 3, 16])),
        faults=draw(st.sampled_from([0, 0, 2])),
        rewinds=draw(st.sampled_from([0, 0, 5])),
        releases=draw(st.booleans()),
    )


@st.composite
def shapes(draw: st.DrawFn, seed: int) -> Shape:
    waiting = draw(st.sampled_from(sorted(WAITING)))
    busy = waiting == "busy spin"  # with more threads than cores it measures the scheduler's time slice: small shapes
    size = 1 << draw(st.integers(0, 10))
    stages = draw(st.integers(1, 3 if busy else STAGES))
    switches = Switches(
        cores=draw(st.sampled_from(CORES)), nice=draw(st.booleans()), seed=seed, interval=draw(st.sampled_from([None, 1e-5]))
    )
    return Shape(
        seed=seed,
        size=size,
        values=draw(st.booleans()),
        single=draw(st.booleans()),
        producers=draw(st.integers(1, 3 if busy else 16)),
        messages=(200 if size < 8 else 800 if size < 64 else 2000) // (5 if busy else 1),
        failing=draw(st.sampled_from([0, 5])),
        waiting=waiting,
        stages=tuple(draw(stage_shapes(number)) for number in range(stages)),
        halts=draw(st.integers(0, 20)),
        switches=switches,
    )


def drawn[T](strategy: st.SearchStrategy[T], seed: int) -> T:
    """The last of a few examples of a strategy; the same seed gives the same."""
    found: list[T] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=DRAWN,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def draw(example: T) -> None:
        found.append(example)

    draw()
    return found[-1]


def shape_of(seed: int) -> Shape:
    """The topology of a seed."""
    return drawn(shapes(seed), seed)
