"""`Histogram`: how often which value occurred, in buckets whose limits double; one thread records, any thread looks.

A value of a histogram of seconds is counted in microseconds, so the buckets end at 1 µs, 2 µs, 4 µs, … That is coarse, and
costs one list item a value, whatever the value is.
"""

import math
from dataclasses import dataclass
from typing import Final

#: Buckets of a histogram: the last one holds whatever is 2^38 units or more.
BUCKETS: Final = 40


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram held at a moment.

    Attributes:
        counts: how many values were at most the limit of the same place, and above the limit before.
        limits: of the buckets, in the unit of the values; the last bucket has none.
        sum: of all values.
    """

    counts: tuple[int, ...]
    limits: tuple[float, ...]
    sum: float

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """Of all values; None if there are none."""
        return self.sum / self.count if self.count else None

    def percentile(self, percent: float) -> float | None:
        """A limit that at least `percent` of the values do not exceed, at most twice too high; None if there are no values.

        Values beyond the last limit are taken for the last limit.

        Raises:
            ValueError: `percent` is not from 0 to 100.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"percent must be from 0 to 100, not {percent!r}")
        wanted, seen = self.count * percent / 100, 0
        if not self.count:
            return None
        for count, limit in zip(self.counts, self.limits, strict=False):
            seen += count
            if seen >= wanted and seen:
                return limit
        return self.limits[-1]


class Histogram:
    """Counts values. `record` is for the owning thread only; `distribution` for any.

    Args:
        unit: what 1 in the histogram is, in the unit of the values: 1 for counts, 1e-6 for seconds in microseconds.
    """

    __slots__ = ("_counts", "_per_unit", "_sum", "_unit")

    def __init__(self, unit: float = 1) -> None:
        self._unit: Final = unit
        self._per_unit: Final = 1 / unit
        self._counts: Final = [0] * BUCKETS
        self._sum = 0.0

    def record(self, value: float) -> None:
        """Count `value`; what is negative counts as 0."""
        bucket = max(0, math.ceil(value * self._per_unit) - 1).bit_length()
        self._counts[min(bucket, BUCKETS - 1)] += 1
        self._sum += value

    def distribution(self) -> Distribution:
        """What was counted until now. Values that are being recorded may be in the counts and not yet in the sum."""
        total = self._sum
        limits = tuple((1 << bucket) * self._unit for bucket in range(BUCKETS - 1))
        return Distribution(tuple(self._counts), limits, total)
