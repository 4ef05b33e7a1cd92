"""`Histogram`: how often which value occurred, in buckets whose limits double; one thread records, any thread looks.

A value of a histogram of seconds is counted in microseconds, so the buckets end at 1 µs, 2 µs, 4 µs, … That is coarse, and
costs one list item a value, whatever the value is.
"""

from collections.abc import Callable
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
        unit: what 1 in the histogram is, in the unit of the values. 1 is for whole numbers; for seconds in microseconds it is
            1e-6, and a time that is exactly a limit counts in the next bucket.

    Attributes:
        record: `record(value)` counts it; what is negative counts as 0. A closure over the counters, since it is called often.
    """

    __slots__ = ("_counts", "_sum", "_unit", "record")

    def __init__(self, unit: float = 1) -> None:
        counts, last, total = [0] * BUCKETS, BUCKETS - 1, 0.0
        per_unit, whole = 1 / unit, int(unit == 1)

        def record(value: float) -> None:
            nonlocal total
            total += value
            bucket = (int(value * per_unit) - whole).bit_length() if value > 0 else 0
            counts[bucket if bucket < last else last] += 1

        self._unit: Final = unit
        self._counts: Final = counts
        self._sum: Final[Callable[[], float]] = lambda: total
        self.record: Final[Callable[[float], None]] = record

    def distribution(self) -> Distribution:
        """What was counted until now. A value that is being recorded may be in the sum and not yet in the counts."""
        counts = tuple(self._counts)
        limits = tuple((1 << bucket) * self._unit for bucket in range(BUCKETS - 1))
        return Distribution(counts, limits, self._sum())
