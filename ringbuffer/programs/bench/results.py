"""The results of a measurement as data: every run, the machine, the versions. Saved as JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from ringbuffer.programs.bench.medians import median, noise
from ringbuffer.programs.bench.scenario import Measurement, Role

FORMAT: Final = 1


@dataclass(slots=True)
class ContenderResult:
    """One contender's runs.

    Attributes:
        name: the contender's name.
        role: the contender's role.
        series: the line of the picture that it belongs to.
        x: its place on that line.
        count: the number of events in each run.
        runs: the runs, in their order; run i of each contender is next to run i of every other.
        failure: the reason why its runs do not count.
    """

    name: str
    role: Role
    series: str = ""
    x: float | None = None
    count: int = 0
    runs: list[Measurement] = field(default_factory=list)
    failure: str | None = None

    def values(self, figure: str) -> list[float]:
        """The figure of every run that has it."""
        return [run.figures[figure] for run in self.runs if figure in run.figures]

    def median(self, figure: str) -> float:
        """The median of the runs."""
        return median(self.values(figure))

    def noise(self, figure: str) -> float:
        """The uncertainty of that median, see `medians.noise`."""
        return noise(self.values(figure))

    def curve(self) -> list[tuple[float, float]]:
        """(percentile, µs), each the median of the runs; empty if no latency was measured."""
        curves = [run.curve for run in self.runs if run.curve]
        return [
            (points[0][0], median([value for _, value in points]))
            for points in zip(*curves, strict=True)
        ]


@dataclass(slots=True)
class ScenarioResult:
    """One scenario's contenders.

    Attributes:
        name: the scenario's name.
        topology: a description of what is measured, with a drawing.
        figure: the figure to show first.
        contenders: the contenders that ran.
        absent: by peer, the reason why it did not run.
        cache: by contender, its figures of the processor's caches; or by "", why they are missing.
    """

    name: str
    topology: str
    figure: str
    contenders: list[ContenderResult] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    cache: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The first line of the topology."""
        return self.topology.strip().splitlines()[0].rstrip(".")

    def contender(self, name: str) -> ContenderResult:
        """The contender of that name.

        Raises:
            KeyError: the scenario lacks it.
        """
        return _named(name, self.contenders, f"{self.name} has no contender {name!r}")


@dataclass(slots=True)
class Results:
    """Everything that one command measured.

    Attributes:
        machine: the machine: processors, system, interpreter, GIL, versions.
        settings: the number of runs, and the seconds of a run.
        scenarios: the results of each scenario.
    """

    machine: dict[str, Any]
    settings: dict[str, Any]
    scenarios: list[ScenarioResult] = field(default_factory=list)

    def scenario(self, name: str) -> ScenarioResult:
        """The scenario of that name.

        Raises:
            KeyError: it was not measured.
        """
        return _named(name, self.scenarios, f"scenario {name!r} was not measured")

    @property
    def failures(self) -> list[str]:
        """The library's own contenders that failed, each with its reason."""
        return [
            f"{scenario.name}, {each.name}: {each.failure}"
            for scenario in self.scenarios
            for each in scenario.contenders
            if each.failure is not None and each.role is not Role.PEER
        ]

    def as_data(self) -> dict[str, Any]:
        """All results, in types that JSON knows."""
        return {"format": FORMAT, **asdict(self)}

    def save(self, path: Path) -> None:
        """Write it to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_data(), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Read it from a file.

        Raises:
            ValueError: the file is not a result of this suite, or it has another format.
        """
        try:
            data = json.loads(path.read_text())
            if data["format"] != FORMAT:
                raise ValueError(f"its format is {data['format']}, this suite reads {FORMAT}")
            return cls(
                data["machine"], data["settings"], [_scenario(each) for each in data["scenarios"]]
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path} is not a result of this suite: {error}; make one with --json"
            ) from error


def _named[N: (ContenderResult, ScenarioResult)](name: str, among: list[N], missing: str) -> N:
    """The one of that name; a `KeyError` names those that there are."""
    for each in among:
        if each.name == name:
            return each
    raise KeyError(f"{missing}, only {[each.name for each in among]}")


def _scenario(data: dict[str, Any]) -> ScenarioResult:
    return ScenarioResult(
        **{**data, "contenders": [_contender(each) for each in data["contenders"]]}
    )


def _contender(data: dict[str, Any]) -> ContenderResult:
    runs = [
        Measurement(each["figures"], tuple((percent, value) for percent, value in each["curve"]))
        for each in data["runs"]
    ]
    return ContenderResult(**{**data, "role": Role(data["role"]), "runs": runs})
