"""Metrics, a handler that counts, a stall detector, and exporters of their figures.

None of this is on a ring's hot path.

statistics(disruptor).utilization

The exporters are separate modules, because they need other libraries:
`ringbuffer.diagnostics.prometheus` and `ringbuffer.diagnostics.opentelemetry`.
"""

from typing import TYPE_CHECKING

from ringbuffer.diagnostics.counting_wait import CountingWaitStrategy
from ringbuffer.diagnostics.gating import Gating, Watched
from ringbuffer.diagnostics.handler import DiagnosticEventHandler
from ringbuffer.diagnostics.health import Health, Problem
from ringbuffer.diagnostics.histogram import Distribution, Histogram
from ringbuffer.diagnostics.observe import observe
from ringbuffer.diagnostics.positions import ConsumerPosition, Observed, Positions, settle
from ringbuffer.diagnostics.sampler import Sampler, statistics
from ringbuffer.diagnostics.stall import Stall, StallDetector
from ringbuffer.diagnostics.statistics import ConsumerStatistics, Statistics
from ringbuffer.lazy import lazy_names

if TYPE_CHECKING:
    from ringbuffer.diagnostics.endpoint import Endpoint
else:  # it loads http.server
    __getattr__, __dir__ = lazy_names(__name__, {"Endpoint": "ringbuffer.diagnostics.endpoint"})

__all__ = [
    "ConsumerPosition",
    "ConsumerStatistics",
    "CountingWaitStrategy",
    "DiagnosticEventHandler",
    "Distribution",
    "Endpoint",
    "Gating",
    "Health",
    "Histogram",
    "Observed",
    "Positions",
    "Problem",
    "Sampler",
    "Stall",
    "StallDetector",
    "Statistics",
    "Watched",
    "observe",
    "settle",
    "statistics",
]
