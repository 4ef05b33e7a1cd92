"""What a latency run reports: percentiles in µs, and the curve of them.

The histogram is that of the demo: right to 3 %, of a fixed size. The library `hdrhistogram` would do the same, but its C part
switches the GIL on.
"""

from typing import Final

from ringbuffer.cli.bench.scenario import Run
from ringbuffer.cli.histogram import Histogram

#: The points of a curve, in percent.
PERCENTILES: Final = (0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.9, 99.95, 99.99, 100.0)


def latency_run(histogram: Histogram, **figures: float) -> Run:
    """The figures of a histogram of nanoseconds, besides others."""

    def microseconds(percent: float) -> float:
        return histogram.percentile(percent) / 1000

    return Run(
        {
            "p50": microseconds(50),
            "p99": microseconds(99),
            "p999": microseconds(99.9),
            "max": histogram.maximum / 1000,
            **figures,
        },
        tuple((percent, microseconds(percent)) for percent in PERCENTILES),
    )
