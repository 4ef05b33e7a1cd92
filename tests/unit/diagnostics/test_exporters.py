"""The exporters, against the real libraries."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ringbuffer import BlockingWaitStrategy, Disruptor
from ringbuffer.diagnostics import CountingWaitStrategy, DiagnosticEventHandler, Sampler
from ringbuffer.diagnostics.figures import CONSUMER, DISTRIBUTIONS, RING, Kind
from ringbuffer.diagnostics.opentelemetry import SHARED_FOR, instrument
from ringbuffer.diagnostics.prometheus import RingBufferCollector
from tests.support.scripted_host import ScriptedHost
from tests.unit.diagnostics.kit import ignore, new_disruptor, put


@pytest.fixture
def disruptor() -> Disruptor[Any]:
    """One that has handled ten events."""
    disruptor = new_disruptor(strategy=CountingWaitStrategy(BlockingWaitStrategy()), name="orders")
    disruptor.handle_events_with(DiagnosticEventHandler(ignore, durations=True))
    with disruptor:
        for _ in range(10):
            disruptor.publish_event(put)
    return disruptor


# -- Prometheus -----------------------------------------------------------------------------------


def scraped(*things: object) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What Prometheus would read, by the real writer and the real parser."""
    registry = CollectorRegistry()
    registry.register(RingBufferCollector(*things))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (s.name, frozenset(s.labels.items())): s.value
        for family in families
        for s in family.samples
    }


def test_prometheus_reads_the_figures_of_a_ring_and_of_its_consumers(
    disruptor: Disruptor[Any],
) -> None:
    found = scraped(disruptor)
    ring = frozenset({("ring", "orders")})
    consumer = ring | {("consumer", "ignore")}
    assert found["ringbuffer_published_sequence", ring] == 9
    assert found["ringbuffer_published_events_total", ring] == 10
    assert found["ringbuffer_utilization", ring] == 0
    assert found["ringbuffer_consumer_lag", consumer] == 0
    assert found["ringbuffer_handler_events_total", consumer] == 10
    assert found["ringbuffer_handler_duration_seconds_count", consumer] == 10
    assert found["ringbuffer_handler_duration_seconds_bucket", consumer | {("le", "+Inf")}] == 10
    assert found["ringbuffer_waits_total", ring] > 0


def test_the_buckets_of_prometheus_add_up(disruptor: Disruptor[Any]) -> None:
    buckets = [
        value
        for (name, _), value in scraped(disruptor).items()
        if name == "ringbuffer_handler_batch_size_bucket"
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == disruptor.graph.nodes[0].handlers[0].counters()["batches"]  # type: ignore[attr-defined]


def test_metrics_that_are_not_collected_are_omitted_for_prometheus() -> None:
    names = {name for name, _ in scraped(new_disruptor())}
    assert "ringbuffer_claimed_sequence" in names
    assert not {name for name in names if "wait" in name or "handler" in name or "dropped" in name}


def test_several_rings_of_one_name_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"several are called disruptor: pass Sampler\(thing, name=...\)"
    ):
        RingBufferCollector(new_disruptor(), new_disruptor())
    assert {
        labels for _, labels in scraped(new_disruptor(), Sampler(new_disruptor(), name="b"))
    } >= {frozenset({("ring", "b")})}


# -- OpenTelemetry --------------------------------------------------------------------------------


def collected(*things: object) -> dict[str, list[tuple[dict[str, Any], float]]]:
    """What the SDK collects, by the name of the instrument."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    try:
        instrument(provider.get_meter("test"), *things)
        data = reader.get_metrics_data()
        assert data is not None
        return {
            metric.name: [
                (dict(point.attributes or {}), point.value)  # type: ignore[union-attr]
                for point in metric.data.data_points
            ]
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
    finally:
        provider.shutdown()


def test_opentelemetry_collects_the_figures_of_a_ring_and_of_its_consumers(
    disruptor: Disruptor[Any],
) -> None:
    found = collected(disruptor)
    assert found["ringbuffer.published_events"] == [({"ring": "orders"}, 10)]
    assert found["ringbuffer.remaining_capacity"] == [({"ring": "orders"}, 8)]
    consumer = {"ring": "orders", "consumer": "ignore"}
    assert found["ringbuffer.handler_events"] == [(consumer, 10)]
    assert found["ringbuffer.handler_duration_seconds.count"] == [(consumer, 10)]
    assert [labels["percentile"] for labels, _ in found["ringbuffer.handler_duration_seconds"]] == [
        "50",
        "99",
        "99.9",
    ]


def test_one_look_serves_all_instruments_of_a_collection() -> None:
    looks: list[None] = []

    class Watching:
        name = "watching"

        def read(self) -> Any:
            looks.append(None)
            from ringbuffer.diagnostics import settle

            return settle(8, -1, (), -1, -1, {})

    reader, host = InMemoryMetricReader(), ScriptedHost()
    provider = MeterProvider([reader])
    instrument(provider.get_meter("test"), Watching(), host=host)
    reader.get_metrics_data()
    assert len(looks) == 1
    host.now += SHARED_FOR
    reader.get_metrics_data()
    assert len(looks) == 2
    provider.shutdown()


def test_counters_only_grow_and_gauges_are_the_rest() -> None:
    counters = {figure.name for figure in RING if figure.kind is Kind.COUNTER}
    counters |= {figure.name for figure in CONSUMER if figure.kind is Kind.COUNTER}
    assert "published_events" in counters
    assert not counters & {"claimed_sequence", "consumer_lag", "utilization", "returning"}
    names = (
        [figure.name for figure in RING]
        + [figure.name for figure in CONSUMER]
        + [each[1] for each in DISTRIBUTIONS]
    )
    assert len(names) == len(set(names))


def test_every_figure_is_explained_in_the_operations_page() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    names = (
        [figure.name for figure in RING]
        + [figure.name for figure in CONSUMER]
        + [each[1] for each in DISTRIBUTIONS]
    )
    assert [name for name in names if f"`{name}`" not in page] == []
