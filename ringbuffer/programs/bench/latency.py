"""The report of a latency run: percentiles in µs, and their curve.

The histogram is the one of `ringbuffer.diagnostics`, with fine steps: its percentiles are right to
3 %. The library `hdrhistogram` would do the same, but its C part switches the GIL on.
"""

from typing import Final

from ringbuffer.diagnostics.histogram import Distribution
from ringbuffer.programs.bench.scenario import Measurement

#: The points of a curve, in percent.
PERCENTILES: Final = (
    0.0,
    10.0,
    25.0,
    50.0,
    75.0,
    90.0,
    95.0,
    97.5,
    99.0,
    99.5,
    99.9,
    99.95,
    99.99,
    100.0,
)


def latency_run(times: Distribution, **figures: float) -> Measurement:
    """The figures of a distribution of nanoseconds, with additional ones."""

    def microseconds(percent: float) -> float:
        return (times.percentile(percent) or 0) / 1000

    return Measurement(
        {
            "p50": microseconds(50),
            "p99": microseconds(99),
            "p999": microseconds(99.9),
            "max": microseconds(100),
            **figures,
        },
        tuple((percent, microseconds(percent)) for percent in PERCENTILES),
    )
