"""`RingBufferCollector`: the figures for Prometheus (the extra `prometheus`).

from prometheus_client import REGISTRY
REGISTRY.register(RingBufferCollector(disruptor))

Nothing is counted between two scrapes: each scrape loads the sequences once. Prometheus itself
computes rates: `rate()` of the counters.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ringbuffer.diagnostics.figures import (
    CONSUMER,
    DISTRIBUTIONS,
    RING,
    Kind,
    consumer_values,
    distributions_of,
    ring_values,
)
from ringbuffer.diagnostics.histogram import Distribution
from ringbuffer.diagnostics.sampler import samplers_of
from ringbuffer.diagnostics.statistics import Statistics


class RingBufferCollector(Collector):
    """Exports rings, disruptors, queues and buses to Prometheus. Any thread.

    Args:
        things: whatever `observe` takes, or `Sampler`s; names must differ.
        prefix: precedes every name.

    Raises:
        TypeError: one of `things` cannot be observed.
        ValueError: two of `things` have the same name, which would give them the same label: pass
            `Sampler`s with names.
    """

    def __init__(self, *things: object, prefix: str = "ringbuffer") -> None:
        self._samplers: Final = samplers_of(things)
        self._prefix: Final = prefix

    def collect(self) -> Iterable[Metric]:
        """Look at everything once, and yield the metrics for `prometheus_client`."""
        found = [sampler.sample() for sampler in self._samplers]
        for ring_figure in RING:
            metric = self._family(ring_figure.kind, ring_figure.name, ring_figure.help, ["ring"])
            for labels, value in ring_values(ring_figure, found):
                metric.add_metric(list(labels.values()), value)
            if metric.samples:
                yield metric
        for figure in CONSUMER:
            metric = self._family(figure.kind, figure.name, figure.help, ["ring", "consumer"])
            for labels, value in consumer_values(figure, found):
                metric.add_metric(list(labels.values()), value)
            if metric.samples:
                yield metric
        yield from self._histograms(found)

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that a registry registers this without a look.

        The names are not fixed before there are consumers.
        """
        return []

    def _family(
        self, kind: Kind, name: str, meaning: str, labels: list[str]
    ) -> GaugeMetricFamily | CounterMetricFamily:
        family = GaugeMetricFamily if kind is Kind.GAUGE else CounterMetricFamily
        return family(f"{self._prefix}_{name}", meaning, labels=labels)

    def _histograms(self, found: list[Statistics]) -> Iterable[Metric]:
        for key, name, _, meaning in DISTRIBUTIONS:
            metric = HistogramMetricFamily(
                f"{self._prefix}_{name}", meaning, labels=["ring", "consumer"]
            )
            for labels, distribution in distributions_of(key, found):
                metric.add_metric(list(labels.values()), _buckets(distribution), distribution.sum)
            if metric.samples:
                yield metric


def _buckets(distribution: Distribution) -> list[tuple[str, float]]:
    """Make the buckets of Prometheus, each of which counts all values up to its limit."""
    limits = [*(repr(float(limit)) for limit in distribution.limits), "+Inf"]
    return list(zip(limits, accumulate(distribution.counts), strict=True))
