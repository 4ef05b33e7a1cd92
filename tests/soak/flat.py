"""Flatness: the slope of what the process uses, by Theil and Sen, so that outliers do not matter.

Sources: H. Theil, A rank-invariant method of linear and polynomial regression analysis, 1950; P. K.
Sen, 1968.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

#: Of the rounds, so many at the beginning are not judged: caches fill, the heap gets its size.
WARM_UP = 0.25
#: The fewest samples that say anything about a slope.
FEWEST = 5


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between any two samples; 0 where there are not two."""
    slopes = [
        (values[second] - values[first]) / (times[second] - times[first])
        for first in range(len(times))
        for second in range(first + 1, len(times))
        if times[second] > times[first]
    ]
    return statistics.median(slopes) if slopes else 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a quantity may grow over the judged time: a part of its median, or an amount.

    The larger one counts.

    Attributes:
        fewest: with fewer samples it is not judged.
    """

    name: str
    unit: str
    part: float
    amount: float
    fewest: int = FEWEST


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a quantity was flat.

    Attributes:
        limit: what was allowed.
        samples: how many were judged.
        median: of them.
        growth: what the slope makes over the time that was judged.
        allowed: the most that it may be.
        an_hour: the slope, by the hour.
    """

    limit: Limit
    samples: int
    median: float
    growth: float
    allowed: float
    an_hour: float

    @property
    def is_judged(self) -> bool:
        """Whether there were samples enough."""
        return self.samples >= self.limit.fewest

    @property
    def is_flat(self) -> bool:
        return not self.is_judged or self.growth <= self.allowed

    def __str__(self) -> str:
        says = "flat" if self.is_flat else "NOT FLAT"
        if not self.is_judged:
            return f"{self.limit.name}: {self.samples} samples after the warm-up, too few to judge"
        return (
            f"{self.limit.name}: {says}: median {self.median:,.1f} {self.limit.unit}, "
            f"growth {self.growth:+,.1f} over "
            f"{self.samples} samples ({self.an_hour:+,.1f} an hour), allowed {self.allowed:,.1f}"
        )


def judge(limit: Limit, times: Sequence[float], values: Sequence[float]) -> Verdict:
    """Judge what comes after the warm-up. Falling is flat."""
    start = int(len(times) * WARM_UP)
    times, values = times[start:], values[start:]
    median = statistics.median(values) if values else 0.0
    each_second = slope(times, values)
    span = times[-1] - times[0] if times else 0.0
    return Verdict(
        limit,
        len(times),
        median,
        each_second * span,
        max(limit.part * abs(median), limit.amount),
        each_second * 3600,
    )
