"""`Shape`: what a run is made of. The same seed gives the same shapes."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ringbuffer import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from spec.mirrors.catalogue import dependencies_of

STRATEGIES: Final[dict[str, Callable[[], WaitStrategy]]] = {
    "spin": BusySpinWaitStrategy,
    "yield": YieldingWaitStrategy,
    "sleep": SleepingWaitStrategy,
    "block": BlockingWaitStrategy,
    "adaptive": AdaptiveWaitStrategy,
    "lite": LiteBlockingWaitStrategy,
    "timeout": lambda: TimeoutBlockingWaitStrategy(0.0005),
    "phased": lambda: PhasedBackoffWaitStrategy.with_lock(0.0001, 0.0001),
}

#: Graphs of consumers: the names in spec/modules/Graphs.tla of the consumers and of their
#: dependencies.
GRAPHS: Final = {
    "one": ("One", "Independent"),
    "two": ("Two", "Independent"),
    "chain": ("Two", "Chain"),
    "diamond": ("Three", "Diamond"),
}

#: Work pools of two workers, and how many events one may claim at a time.
POOLS: Final = {"ones": 1, "chunks": 2}
WORKERS: Final = ("v", "w")

#: The thread that closes a ring.
CLOSER: Final = "closer"

#: Nothing is halted; a consumer is halted and started again, on the way; everything is halted on
#: the way, and stays so.
HALTS: Final = ("none", "restart", "stop")

#: What is halted takes turns too, so that two runs of one sequencer are enough for the end of a
#: ring.
TURNS: Final = ("stop", "none", "restart", "none")

#: Whether there are many producers, and the graph of the consumers.
KINDS: Final = [(multi, graph) for graph in GRAPHS for multi in (False, True)] + [
    (False, pool) for pool in POOLS
]

SIZES: Final = (1, 2, 4, 8)
#: Of the short ones: how many events a run has, at most.
MOST_EVENTS: Final = 24
LONG_EVENTS: Final = 2_000
#: How often a short shape is drawn again that there is already.
DRAWINGS: Final = 20


@dataclass(frozen=True)
class Shape:
    """A ring, its producers and consumers, and what happens to them.

    Attributes:
        multi: whether the ring lets many producers in.
        size: slots in the ring.
        graph: one of `GRAPHS`, or of `POOLS`.
        batches: for each producer, how many events it claims at a time.
        strategy: one of `STRATEGIES`.
        halts: one of `HALTS`.
        words: how loads and stores are made, a name of a `WordKind`; None as by default.
        tries: whether producers ask without waiting, and again, rather than wait; and so give up a
        claim again and again.
    """

    multi: bool
    size: int
    graph: str
    batches: tuple[tuple[int, ...], ...]
    strategy: str
    halts: str = "none"
    words: str | None = None
    tries: bool = False

    @property
    def events(self) -> int:
        return sum(map(sum, self.batches))

    @property
    def producers(self) -> list[str]:
        """Their names, as the models have them."""
        if self.is_pool:
            return ["publisher"]
        return list("pqr"[: len(self.batches)]) if self.multi else ["producer"]

    @property
    def closers(self) -> list[str]:
        """Who closes the ring, where the model has that: it seals what several producers share."""
        return [CLOSER] if self.multi and self.halts == "stop" else []

    @property
    def is_pool(self) -> bool:
        """Whether workers share the events."""
        return self.graph in POOLS

    @property
    def dependencies(self) -> dict[str, frozenset[str]]:
        """The dependencies of each consumer."""
        return dependencies_of(*GRAPHS[self.graph])

    @property
    def module(self) -> str:
        if self.is_pool:
            return "WorkPool"
        return "MultiProducer" if self.multi else "SingleProducer"

    @property
    def kind(self) -> str:
        """A description in a line; runs of one kind are validated together."""
        sequencer = "pool" if self.is_pool else "multi" if self.multi else "single"
        return f"{sequencer} {self.graph} {self.size}"

    def __str__(self) -> str:
        batches = " ".join(
            "+".join(map(str, each)) if len(each) < 10 else f"{sum(each)} in all"
            for each in self.batches
        )
        more = (
            [f"halts: {self.halts}"] * (self.halts != "none")
            + [f"words {self.words}"] * (self.words is not None)
            + ["tries"] * self.tries
        )
        return ", ".join([self.kind, f"events {batches}", self.strategy, *more])


def short(seed: int, runs: int) -> list[Shape]:
    """So many short shapes, no two alike unless that many are hard to find."""
    found, shapes = set[Shape](), list[Shape]()
    for number in range(runs):
        drawings = (drawn(seed, number + runs * lap * len(KINDS)) for lap in range(DRAWINGS))
        shapes.append(next((each for each in drawings if each not in found), drawn(seed, number)))
        found.add(shapes[-1])
    return shapes


def drawn(seed: int, number: int) -> Shape:
    """One short shape. Both kinds of producers, graphs and pools alternate: a few have them all."""
    chance = random.Random(f"{seed} {number}")
    multi, graph = KINDS[number % len(KINDS)]
    # Only where twice as many are published as there are workers does one claim two.
    size = chance.choice(SIZES[2:] if graph == "chunks" else SIZES)
    producers = chance.choice((1, 2, 2, 3)) if multi else 1
    # In the model of a pool events are published one by one.
    batches = (
        ((1,) * chance.randint(3 * MOST_EVENTS // 4, MOST_EVENTS),)
        if graph in POOLS
        else tuple(_batches(chance, size, MOST_EVENTS // producers) for _ in range(producers))
    )
    return Shape(
        multi=multi,
        size=size,
        graph=graph,
        batches=batches,
        strategy=chance.choice(list(STRATEGIES)),
        halts=TURNS[number // 2 % len(TURNS)],
        words=chance.choice((*(None,) * 8, "FENCED", "CALLED")),
        # The model of a single producer has no claims that are given up.
        tries=multi and chance.random() < 0.3,
    )


def _batches(chance: random.Random, size: int, events: int) -> tuple[int, ...]:
    """Claims of one to a ring of events, about half of them single; `events` in all."""
    batches = list[int]()
    while events:
        batches.append(1 if chance.random() < 0.5 else chance.randint(1, min(size, events)))
        events -= batches[-1]
    return tuple(batches)


def long(seed: int) -> list[Shape]:
    """A few long ones: hundreds of laps."""
    chance = random.Random(f"{seed} long")

    def batches(producers: int, size: int) -> tuple[tuple[int, ...], ...]:
        return tuple(_batches(chance, size, LONG_EVENTS // producers) for _ in range(producers))

    return [
        Shape(False, 8, "diamond", batches(1, 8), "yield"),
        Shape(False, 4, "chain", batches(1, 4), "block", halts="restart"),
        Shape(True, 8, "chain", batches(2, 8), "yield"),
        Shape(True, 4, "diamond", batches(3, 4), "lite"),
        Shape(True, 8, "one", batches(2, 8), "sleep", halts="restart"),
        Shape(False, 8, "chunks", ((1,) * (LONG_EVENTS // 2),), "yield", halts="restart"),
    ]
