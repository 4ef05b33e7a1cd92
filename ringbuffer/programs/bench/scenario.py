"""The terms of the suite: a scenario has contenders; each run of a contender returns figures.

A contender has a `body(count)`. It moves `count` events from producers to consumers, each in its
own thread, verifies the events that arrived, and returns figures. The runner decides everything
else: how often, in which order, and what happens to the figures.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final


class Role(enum.StrEnum):
    """The role of a contender in its scenario."""

    #: The library.
    OURS = "ours"
    #: An alternative to the library.
    PEER = "peer"
    #: The same handler without a queue or a ring in between: no contender can be faster.
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Metric:
    """The meaning of a number."""

    label: str
    unit: str
    higher_is_better: bool


#: Every figure that a run may report.
FIGURES: Final = {
    "rate": Metric("throughput", "events/s", True),
    "cpu": Metric("processor time of all threads", "µs/event", False),
    "idle": Metric("processor time while idle", "% of a core", False),
    "p50": Metric("latency, median", "µs", False),
    "p99": Metric("latency, 99 %", "µs", False),
    "p999": Metric("latency, 99.9 %", "µs", False),
    "max": Metric("latency, highest", "µs", False),
    "stores": Metric("stores", "stores/s", True),
    "empty_bytes": Metric("memory, empty", "bytes", False),
    "item_bytes": Metric("memory, for each item that waits", "bytes", False),
    "ns": Metric("cost in one thread", "ns", False),
    "blocks": Metric("blocks retained", "blocks/M events", False),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of one run.

    Attributes:
        figures: the figures, by their names in `FIGURES`.
        curve: (percentile, µs), if a latency was measured.
    """

    figures: dict[str, float]
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Contender:
    """One implementation of the scenario.

    Attributes:
        name: its name, unique in the scenario.
        body: `body(count)` makes one verified run.
        role: its role.
        series: the line that it is a point of, if the scenario is drawn as lines.
        x: its place on that line.
        rate: the events a second to which the body limits itself; None if it is not limited.
        most: the largest count for a run.
    """

    name: str
    body: Callable[[int], Measurement]
    role: Role = Role.OURS
    series: str = ""
    x: float | None = None
    rate: float | None = None
    most: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """A topology, and the contenders that implement it.

    Attributes:
        name: the name of its file.
        topology: the docstring of its file: a description with a drawing.
        figure: the figure that sorts its table, and that its picture shows.
        contenders: all contenders that can run here.
        absent: by peer, the reason why it cannot run here.
        has_cache_figures: whether to measure it with `perf stat`, if the machine allows that.
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
