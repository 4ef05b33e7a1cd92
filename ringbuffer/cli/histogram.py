"""A histogram of times that is right to about 3 % and never grows."""

from array import array
from typing import Final

#: Buckets for each power of two; the relative width of a bucket is at most 1 / _STEPS.
_STEPS: Final = 32
_SHIFT: Final = _STEPS.bit_length() - 1


class Histogram:
    """Counts non-negative integers in log-linear buckets, as HdrHistogram does. Owning thread only."""

    def __init__(self) -> None:
        self._counts: Final = array("q", bytes(8 * _STEPS * 64))
        self.total = 0
        self.maximum = 0

    def record(self, value: int) -> None:
        """Count one value; a negative one counts as 0."""
        if value < 0:
            value = 0
        exponent = value.bit_length() - _SHIFT - 1
        index = value if exponent <= 0 else (exponent << _SHIFT) + (value >> exponent)
        self._counts[index] += 1
        self.total += 1
        if value > self.maximum:
            self.maximum = value

    def percentile(self, percent: float) -> int:
        """The value that `percent` % of the recorded ones do not exceed, rounded up to its bucket; 0 if there is none."""
        wanted = max(1, -(-self.total * percent // 100))
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                exponent = (index >> _SHIFT) - 1
                highest = index if exponent <= 0 else ((index - (exponent << _SHIFT) + 1) << exponent) - 1
                return min(highest, self.maximum)
        return self.maximum
