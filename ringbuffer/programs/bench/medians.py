"""Medians, and their uncertainty."""

import statistics
from collections.abc import Sequence
from typing import Final

#: A normal distribution's standard deviation, in median absolute deviations.
_DEVIATION: Final = 1.4826
#: The standard error of a median, in standard deviations divided by the square root of the number
#: of values.
_MEDIAN_ERROR: Final = 1.2533


def median(values: Sequence[float]) -> float:
    """The median; `ValueError` if there is no value."""
    if not values:
        raise ValueError("no run was measured, so there is no median")
    return statistics.median(values)


def noise(values: Sequence[float]) -> float:
    """Two standard errors of the median.

    They are estimated from the median absolute deviation, so one outlier does not widen them.
    """
    middle = median(values)
    deviation = _DEVIATION * statistics.median(abs(value - middle) for value in values)
    return float(2 * _MEDIAN_ERROR * deviation / len(values) ** 0.5)
