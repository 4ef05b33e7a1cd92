"""`Statistics`: the result of one look at a ring, as consistent numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ringbuffer.diagnostics.histogram import Distribution
from ringbuffer.diagnostics.positions import ConsumerPosition, Positions


@dataclass(frozen=True, slots=True)
class ConsumerStatistics:
    """One consumer at one moment.

    Attributes:
        name: unique among the consumers of its ring.
        sequence: the last event that it had finished.
        lag: events published that it had not finished; from 0 to the capacity.
        rate: events that it finished per second, over the window; None without a window.
        state: its state; None if it is not known.
        counters: its counts.
        distributions: the distributions of its measured values.
    """

    name: str
    sequence: int
    lag: int
    rate: float | None
    state: str | None
    counters: Mapping[str, float]
    distributions: Mapping[str, Distribution]


@dataclass(frozen=True, slots=True)
class Statistics:
    """One ring at one moment.

    Attributes:
        name: the name of the ring.
        capacity: the number of slots.
        claimed: the last sequence given to a producer.
        published: the last sequence published without a gap.
        minimum_gating_sequence: the last sequence that every consumer had finished; `published`
            without consumers.
        window: the time that the rates cover, in seconds; None without an earlier look.
        publish_rate: events published per second, over the window.
        consume_rate: events that every consumer had finished per second, over the window.
        consumers: the statistics of each consumer.
        counters: the counts of the whole since its construction.
    """

    name: str
    capacity: int
    claimed: int
    published: int
    minimum_gating_sequence: int
    window: float | None
    publish_rate: float | None
    consume_rate: float | None
    consumers: tuple[ConsumerStatistics, ...]
    counters: Mapping[str, float]

    @property
    def remaining_capacity(self) -> int:
        """Slots that could be claimed; from 0 to the capacity."""
        return self.capacity - (self.claimed - self.minimum_gating_sequence)

    @property
    def utilization(self) -> float:
        """The share of the slots that is claimed and not finished; from 0 to 1."""
        return (self.claimed - self.minimum_gating_sequence) / self.capacity

    @property
    def slowest(self) -> ConsumerStatistics | None:
        """The consumer that is furthest behind; None without consumers."""
        return min(self.consumers, key=lambda each: each.sequence, default=None)

    @property
    def producer_stalls(self) -> int | None:
        """How often a producer began to wait for free capacity; None if that is not counted."""
        return _whole(self.counters.get("producer_stalls"))

    @property
    def waits(self) -> int | None:
        """How often a consumer waited for events; None unless a `CountingWaitStrategy` counts."""
        return _whole(self.counters.get("waits"))

    @property
    def timeouts(self) -> int | None:
        """How often a consumer's wait timed out; None unless a `CountingWaitStrategy` counts."""
        return _whole(self.counters.get("wait_timeouts"))

    @property
    def errors(self) -> int | None:
        """How often handlers failed; None unless one of them is a `DiagnosticEventHandler`."""
        counted = [each.counters["errors"] for each in self.consumers if "errors" in each.counters]
        return int(sum(counted)) if counted else None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values that `json` can write."""
        return {
            **_values_of(self),
            "remaining_capacity": self.remaining_capacity,
            "utilization": self.utilization,
            "consumers": [
                {
                    **_values_of(each),
                    "distributions": {
                        name: _summary(found) for name, found in each.distributions.items()
                    },
                }
                for each in self.consumers
            ],
        }


def _values_of(found: Statistics | ConsumerStatistics) -> dict[str, Any]:
    values = {each.name: getattr(found, each.name) for each in fields(found)}
    return {**values, "counters": dict(found.counters)}


def _whole(count: float | None) -> int | None:
    return None if count is None else int(count)


def _summary(distribution: Distribution) -> dict[str, float | None]:
    return {
        "count": distribution.count,
        "mean": distribution.mean,
        **{f"p{percent:g}": distribution.percentile(percent) for percent in (50, 99, 99.9)},
    }


def statistics_of(
    name: str, now: Positions, earlier: Positions | None, window: float | None
) -> Statistics:
    """Make the statistics of two looks, `window` seconds apart; of one look without `earlier`."""

    def rate(new: int, old: int | None) -> float | None:
        # Sequences only grow, but a consumer that joins may be behind the earlier minimum. Its rate
        # must not be negative.
        return None if old is None or not window else max(0, new - old) / window

    before = {} if earlier is None else {each.name: each.sequence for each in earlier.consumers}

    def consumer(each: ConsumerPosition) -> ConsumerStatistics:
        return ConsumerStatistics(
            each.name,
            each.sequence,
            now.published - each.sequence,
            rate(each.sequence, before.get(each.name)),
            each.state,
            each.counters,
            each.distributions,
        )

    return Statistics(
        name,
        now.capacity,
        now.claimed,
        now.published,
        now.minimum,
        window,
        rate(now.published, None if earlier is None else earlier.published),
        rate(now.minimum, None if earlier is None else earlier.minimum),
        tuple(map(consumer, now.consumers)),
        now.counters,
    )
