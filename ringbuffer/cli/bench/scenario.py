"""The words of the suite: a scenario has contenders; each run of a contender gives figures.

A contender is measured by its `body(count)`: it moves `count` events from real producers to real consumers in threads of their
own, verifies what arrived, and returns figures. Everything else (how often, in which order, what to do with the figures) is the
runner's business.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final


class Role(enum.StrEnum):
    """What a contender is in its scenario."""

    #: The library.
    OURS = "ours"
    #: What a user might pick instead.
    PEER = "peer"
    #: The same handler without anything between producer and consumer: nothing can be faster.
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a number means."""

    label: str
    unit: str
    higher_is_better: bool


#: Every figure that a run may report.
FIGURES: Final = {
    "rate": Figure("throughput", "events/s", True),
    "cpu": Figure("processor time of all threads", "µs/event", False),
    "idle": Figure("processor time while idle", "% of a core", False),
    "p50": Figure("latency, median", "µs", False),
    "p99": Figure("latency, 99 %", "µs", False),
    "p999": Figure("latency, 99.9 %", "µs", False),
    "max": Figure("latency, highest", "µs", False),
    "stores": Figure("stores", "stores/s", True),
    "empty_bytes": Figure("memory, empty", "bytes", False),
    "item_bytes": Figure("memory, for each item that waits", "bytes", False),
    "ns": Figure("cost in one thread", "ns", False),
    "blocks": Figure("blocks retained", "blocks/M events", False),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run measured.

    Attributes:
        figures: by their names in `FIGURES`.
        curve: (percentile, µs), where a latency was measured.
    """

    figures: dict[str, float]
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do what the scenario asks for.

    Attributes:
        name: unique in the scenario.
        body: `body(count)` is one verified run.
        role: of the contender.
        series: the line that it is a point of, where the scenario is drawn as lines.
        x: where it is on that line.
        rate: events a second that the body paces itself to; None if it goes as fast as it can.
        most: the largest count to run it with.
    """

    name: str
    body: Callable[[int], Run]
    role: Role = Role.OURS
    series: str = ""
    x: float | None = None
    rate: float | None = None
    most: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is measured: a topology, and the contenders that realise it.

    Attributes:
        name: the name of its file.
        topology: the docstring of its file: what is measured, and a drawing.
        figure: what its table is sorted by and its picture shows.
        contenders: all that can run here.
        absent: (peer, why it cannot run here).
        has_cache_figures: whether `perf stat` is to look at it, where the machine can.
    """

    name: str
    topology: str
    figure: str
    contenders: tuple[Contender, ...]
    absent: dict[str, str] = field(default_factory=dict)
    has_cache_figures: bool = False

    @property
    def title(self) -> str:
        """The first line of the topology."""
        return self.topology.strip().splitlines()[0].rstrip(".")
