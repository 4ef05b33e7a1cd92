"""`python -m benchmarks compare OLD NEW`: what has become faster, slower, or stayed the same."""

from dataclasses import dataclass
from typing import Final

from ringbuffer.programs.bench.machine import is_same
from ringbuffer.programs.bench.results import ContenderResult, Results
from ringbuffer.programs.bench.scenario import FIGURES, Role
from ringbuffer.programs.bench.tables import number

#: A smaller change does not count, however little noise there was.
LEAST_CHANGE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one contender.

    Attributes:
        scenario: where.
        contender: who.
        role: of the contender.
        figure: which one.
        old: the median before.
        new: the median now.
        gain: how many times better it is now.
        margin: the noise of both, relative.
    """

    scenario: str
    contender: str
    role: Role
    figure: str
    old: float
    new: float
    gain: float
    margin: float

    @property
    def is_regression(self) -> bool:
        """Whether it is worse by more than the noise of both measurements explains."""
        return self.gain < 1 - max(self.margin, LEAST_CHANGE)

    @property
    def is_improvement(self) -> bool:
        """Whether it is better by more than the noise explains."""
        return self.gain > 1 + max(self.margin, LEAST_CHANGE)

    def line(self) -> str:
        """For a terminal."""
        verdict = "SLOWER" if self.is_regression else "faster" if self.is_improvement else "same"
        return (
            f"{verdict:<7}{self.scenario:<20} {self.contender:<36} {self.figure:<5}"
            f"{number(self.old):>9} → {number(self.new):>9}  "
            f"×{self.gain:.2f} ± {self.margin * 100:.0f} %"
        )


def compare(old: Results, new: Results) -> list[Change]:
    """What both have measured, by each scenario's first figure; what only one has is left out."""
    changes = []
    names = {scenario.name for scenario in old.scenarios}
    for scenario in new.scenarios:
        if scenario.name not in names:
            continue
        before = {each.name: each for each in old.scenario(scenario.name).contenders}
        for contender in scenario.contenders:
            change = _change(scenario.name, scenario.figure, before.get(contender.name), contender)
            if change is not None:
                changes.append(change)
    return changes


def _change(
    scenario: str, figure: str, old: ContenderResult | None, new: ContenderResult
) -> Change | None:
    if old is None or not old.values(figure) or not new.values(figure):
        return None
    before, now = old.median(figure), new.median(figure)
    if not before or not now:
        return None
    gain = now / before if FIGURES[figure].higher_is_better else before / now
    margin = ((old.noise(figure) / before) ** 2 + (new.noise(figure) / now) ** 2) ** 0.5
    return Change(scenario, new.name, new.role, figure, before, now, gain, margin)


def report(old: Results, new: Results) -> bool:
    """Print every change, and say whether nothing of the library's own became slower."""
    if not is_same(old.machine, new.machine):
        print(
            "measured on different machines or interpreters: "
            "only the ratios between contenders mean something"
        )
    changes = compare(old, new)
    if not changes:
        print("the two have measured nothing in common")
    for change in changes:
        print(change.line())
    slower = [change for change in changes if change.is_regression and change.role is Role.OURS]
    print(f"{len(slower)} of the library's own became slower")
    return not slower
