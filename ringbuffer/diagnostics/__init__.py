"""Metrics, a handler that counts, a stall detector, and ways to export what they tell. Nothing here is on a ring's hot path.

statistics(disruptor).utilization

Exporters are modules of their own, since they need libraries of their own: `ringbuffer.diagnostics.prometheus` and
`ringbuffer.diagnostics.opentelemetry`.
"""

from ringbuffer.diagnostics.counting_wait import CountingWaitStrategy
from ringbuffer.diagnostics.endpoint import Endpoint
from ringbuffer.diagnostics.gating import Gating, Watched
from ringbuffer.diagnostics.handler import DiagnosticEventHandler
from ringbuffer.diagnostics.histogram import Distribution, Histogram
from ringbuffer.diagnostics.observe import observe
from ringbuffer.diagnostics.positions import ConsumerPosition, Observed, Positions, settle
from ringbuffer.diagnostics.sampler import Sampler, statistics
from ringbuffer.diagnostics.stall import Stall, StallDetector
from ringbuffer.diagnostics.statistics import ConsumerStatistics, Statistics

__all__ = [
    "ConsumerPosition",
    "ConsumerStatistics",
    "CountingWaitStrategy",
    "DiagnosticEventHandler",
    "Distribution",
    "Endpoint",
    "Gating",
    "Histogram",
    "Observed",
    "Positions",
    "Sampler",
    "Stall",
    "StallDetector",
    "Statistics",
    "Watched",
    "observe",
    "settle",
    "statistics",
]
