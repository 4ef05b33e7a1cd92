"""`gates.toml`: the numbers that must hold, and how they are checked.

A ratio gate compares neighbouring runs, because a disturbance slows both of them. It takes the
median of the ratios, and a margin from their spread: two standard errors of the median. The margin
is at most a tenth of the number, so outliers do not excuse a failure. A gate passes if the median
plus the margin reaches the number, and is not more than 10 % below the committed baseline.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringbuffer.programs.bench.medians import median, noise
from ringbuffer.programs.bench.results import ContenderResult, Results
from ringbuffer.programs.bench.scenario import FIGURES

FILE: Final = Path(__file__).with_name("gates.toml")

#: The most that noise may excuse, as a share of the number.
MOST_MARGIN: Final = 0.1
#: How far below its baseline a gate may come.
SLACK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Gate:
    """A number that must hold. The attributes are those of gates.toml."""

    name: str
    scenario: str = ""
    figure: str = ""
    ours: tuple[str, ...] = ()
    against: str = ""
    at_least: float | None = None
    at_most: float | None = None
    moonshot: float | None = None
    baseline: float = 0.0
    deterministic: str = ""

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"gate {self.name!r} needs either at_least or at_most")
        if bool(self.deterministic) == bool(self.scenario):
            raise ValueError(
                f"gate {self.name!r} needs either a scenario or a deterministic measure"
            )
        if self.scenario and (not self.ours or self.figure not in FIGURES):
            raise ValueError(
                f"gate {self.name!r} needs `ours`, and a figure of {sorted(FIGURES)}, "
                f"not {self.figure!r}"
            )

    @property
    def contenders(self) -> tuple[str, ...]:
        """The contenders that it needs."""
        return (*self.ours, self.against) if self.against else self.ours


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a gate.

    Attributes:
        gate: which one.
        figure: what was measured: the ratio, or the figure itself.
        margin: what noise excuses.
        problem: why it fails; None if it passes.
    """

    gate: Gate
    figure: float
    margin: float
    problem: str | None

    @property
    def passes(self) -> bool:
        """Whether the number holds."""
        return self.problem is None

    def line(self) -> str:
        """The gate with its figure."""
        gate = self.gate
        promise = (
            f"at least {gate.at_least:g}"
            if gate.at_least is not None
            else f"at most {gate.at_most:g}"
        )
        moonshot = f", moonshot {gate.moonshot:g}" if gate.moonshot is not None else ""
        margin = f" ± {self.margin:.2g}" if self.margin else ""
        outcome = "pass" if self.passes else f"FAIL: {self.problem}"
        return f"{outcome:<5} {gate.name}: {self.figure:.4g}{margin} ({promise}{moonshot})"


def load_gates(path: Path = FILE) -> list[Gate]:
    """The gates of a file.

    Raises:
        ValueError: one of them is not complete, or has a key that means nothing.
    """
    return [_gate(entry) for entry in tomllib.loads(path.read_text())["gate"]]


def _gate(entry: dict[str, Any]) -> Gate:
    ours = entry.get("ours", ())
    try:
        return Gate(**{**entry, "ours": (ours,) if isinstance(ours, str) else tuple(ours)})
    except TypeError as error:
        raise ValueError(f"gate {entry.get('name', entry)!r}: {error}") from error


def needed(gates: Iterable[Gate]) -> dict[str, set[str]]:
    """(scenario, the contenders that must be measured)."""
    wanted: dict[str, set[str]] = {}
    for gate in gates:
        if gate.scenario:
            wanted.setdefault(gate.scenario, set()).update(gate.contenders)
    return wanted


def judge(gate: Gate, results: Results, *, factor: float = 1.0) -> Verdict:
    """Check a gate against what was measured.

    Args:
        gate: of a scenario.
        results: with that scenario in it.
        factor: of the number and the baseline that is asked for; 0.5 is half of what is promised
            (twice, of what may be at most).
    """
    try:
        scenario = results.scenario(gate.scenario)
        for name in gate.contenders:
            failure = scenario.contender(name).failure
            if failure is not None:
                return Verdict(gate, 0.0, 0.0, f"{name} did not run: {failure}")
        against = scenario.contender(gate.against) if gate.against else None
        samples = [samples_of(scenario.contender(name), against, gate.figure) for name in gate.ours]
    except (KeyError, ValueError) as error:
        return Verdict(gate, 0.0, 0.0, str(error))
    verdicts = [judge_samples(gate, values, factor=factor) for values in samples]
    return min(
        verdicts, key=lambda each: each.figure if gate.at_least is not None else -each.figure
    )


def samples_of(ours: ContenderResult, against: ContenderResult | None, figure: str) -> list[float]:
    """The figure of each run; or its ratio to the neighbouring run of the other contender."""
    own = ours.values(figure)
    if against is None:
        return own
    pairs = list(zip(own, against.values(figure), strict=True))
    if FIGURES[figure].higher_is_better:
        return [one / other for one, other in pairs]
    return [other / one for one, other in pairs]


def judge_samples(gate: Gate, values: Sequence[float], *, factor: float = 1.0) -> Verdict:
    """Check a gate against its ratios, or figures."""
    middle = median(values)
    is_least = gate.at_least is not None
    number = (gate.at_least or 0.0) * factor if is_least else (gate.at_most or 0.0) / factor
    margin = min(noise(values), MOST_MARGIN * number)
    problem = None
    if is_least and middle + margin < number:
        problem = f"less than {number:g}"
    elif not is_least and middle - margin > number:
        problem = f"more than {number:g}"
    elif (
        gate.baseline
        and is_least
        and middle + margin < (floor := gate.baseline * factor * (1 - SLACK))
    ):
        problem = f"below {floor:g}, which is 10 % below the baseline {gate.baseline:g}"
    elif (
        gate.baseline
        and not is_least
        and middle - margin > (ceiling := gate.baseline / factor * (1 + SLACK))
    ):
        problem = f"above {ceiling:g}, which is 10 % above the baseline {gate.baseline:g}"
    return Verdict(gate, middle, margin, problem)


def judge_deterministic(gate: Gate, figure: float) -> Verdict:
    """Check a gate that has no noise."""
    too_much = gate.at_most is not None and figure > gate.at_most
    too_little = gate.at_least is not None and figure < gate.at_least
    return Verdict(gate, figure, 0.0, "it is not" if too_much or too_little else None)
