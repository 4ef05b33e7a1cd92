"""The figures of all exporters, defined in one place.

Each has its name, kind, unit, meaning, and its value in the statistics.
"""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ringbuffer.diagnostics.statistics import ConsumerStatistics, Statistics


class Kind(enum.Enum):
    """Whether a figure may rise and fall, or only rises."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Figure[T]:
    """One figure.

    Attributes:
        name: its name in the exporters, without their prefixes and suffixes.
        kind: see `Kind`.
        unit: as UCUM writes it.
        help: its meaning.
        value: takes the figure from the statistics; None if it is not known.
    """

    name: str
    kind: Kind
    unit: str
    help: str
    value: Callable[[T], float | None]


def _counted[T: (Statistics, ConsumerStatistics)](key: str) -> Callable[[T], float | None]:
    return lambda found: found.counters.get(key)


#: The figures of a ring.
RING: Final[tuple[Figure[Statistics], ...]] = (
    Figure("capacity", Kind.GAUGE, "{slot}", "Slots in the ring.", lambda found: found.capacity),
    Figure(
        "claimed_sequence",
        Kind.GAUGE,
        "1",
        "The last sequence given to a producer.",
        lambda found: found.claimed,
    ),
    Figure(
        "published_sequence",
        Kind.GAUGE,
        "1",
        "The last sequence published.",
        lambda found: found.published,
    ),
    Figure(
        "minimum_gating_sequence",
        Kind.GAUGE,
        "1",
        "The last sequence that every consumer has finished.",
        lambda found: found.minimum_gating_sequence,
    ),
    Figure(
        "remaining_capacity",
        Kind.GAUGE,
        "{slot}",
        "Slots that could be claimed.",
        lambda found: found.remaining_capacity,
    ),
    Figure(
        "utilization",
        Kind.GAUGE,
        "1",
        "Share of the slots in use, 0 to 1.",
        lambda found: found.utilization,
    ),
    Figure(
        "published_events",
        Kind.COUNTER,
        "{event}",
        "Events published.",
        lambda found: found.published + 1,
    ),
    Figure(
        "consumed_events",
        Kind.COUNTER,
        "{event}",
        "Events that every consumer has finished.",
        lambda found: found.minimum_gating_sequence + 1,
    ),
    Figure(
        "producer_stalls",
        Kind.COUNTER,
        "{stall}",
        "Waits for free capacity begun.",
        _counted("producer_stalls"),
    ),
    Figure(
        "claim_timeouts",
        Kind.COUNTER,
        "{timeout}",
        "Waits for free capacity that timed out.",
        _counted("claim_timeouts"),
    ),
    Figure("waits", Kind.COUNTER, "{wait}", "Waits for events begun.", _counted("waits")),
    Figure(
        "wait_timeouts",
        Kind.COUNTER,
        "{timeout}",
        "Waits for events that timed out.",
        _counted("wait_timeouts"),
    ),
    Figure(
        "wait_alerts",
        Kind.COUNTER,
        "{alert}",
        "Waits for events that an alert ended.",
        _counted("wait_alerts"),
    ),
    Figure(
        "wait_seconds",
        Kind.COUNTER,
        "s",
        "Time that consumers waited for events.",
        _counted("wait_seconds"),
    ),
    Figure(
        "dropped",
        Kind.COUNTER,
        "{message}",
        "Messages dropped in favour of newer ones.",
        _counted("dropped"),
    ),
    Figure(
        "failed",
        Kind.COUNTER,
        "{message}",
        "Messages that a handler failed on.",
        _counted("failed"),
    ),
    Figure(
        "consumers",
        Kind.GAUGE,
        "{consumer}",
        "Consumers that take messages.",
        _counted("consumers"),
    ),
    Figure(
        "unfinished_tasks",
        Kind.GAUGE,
        "{task}",
        "Items put and not done.",
        _counted("unfinished_tasks"),
    ),
    Figure(
        "returning",
        Kind.GAUGE,
        "{event}",
        "Events scheduled for redelivery.",
        _counted("returning"),
    ),
)

#: The figures of a consumer.
CONSUMER: Final[tuple[Figure[ConsumerStatistics], ...]] = (
    Figure(
        "consumer_sequence",
        Kind.GAUGE,
        "1",
        "The last sequence that it has finished.",
        lambda found: found.sequence,
    ),
    Figure(
        "consumer_lag",
        Kind.GAUGE,
        "{event}",
        "Events published that it has not finished.",
        lambda found: found.lag,
    ),
    Figure(
        "handler_events",
        Kind.COUNTER,
        "{event}",
        "Events given to the handler.",
        _counted("events"),
    ),
    Figure(
        "handler_batches",
        Kind.COUNTER,
        "{batch}",
        "Batches given to the handler.",
        _counted("batches"),
    ),
    Figure("handler_errors", Kind.COUNTER, "{error}", "Errors that it raised.", _counted("errors")),
    Figure(
        "handler_rewinds",
        Kind.COUNTER,
        "{rewind}",
        "Batches that it asked for again.",
        _counted("rewinds"),
    ),
    Figure(
        "handler_timeouts",
        Kind.COUNTER,
        "{timeout}",
        "Timeouts that were reported to it.",
        _counted("timeouts"),
    ),
    Figure(
        "handler_largest_batch",
        Kind.GAUGE,
        "{event}",
        "Events in the largest batch.",
        _counted("largest_batch"),
    ),
    Figure(
        "handler_handled",
        Kind.COUNTER,
        "{event}",
        "Events that it has handled.",
        _counted("handled"),
    ),
    Figure(
        "handler_retried",
        Kind.COUNTER,
        "{event}",
        "Failures scheduled for redelivery.",
        _counted("retried"),
    ),
    Figure(
        "handler_dead_lettered",
        Kind.COUNTER,
        "{event}",
        "Events that became dead letters.",
        _counted("dead_lettered"),
    ),
)

#: Distributions of a consumer: name in the statistics, name here, unit, meaning.
DISTRIBUTIONS: Final = (
    ("batch_sizes", "handler_batch_size", "{event}", "Events in a batch."),
    ("durations", "handler_duration_seconds", "s", "Time in a call of the handler."),
    (
        "latencies",
        "handler_latency_seconds",
        "s",
        "Time from the publication until the handler has finished.",
    ),
)


def ring_values(
    figure: Figure[Statistics], found: list[Statistics]
) -> Iterator[tuple[dict[str, str], float]]:
    """The values of a figure of rings, with their labels."""
    for each in found:
        if (value := figure.value(each)) is not None:
            yield {"ring": each.name}, value


def consumer_values(
    figure: Figure[ConsumerStatistics], found: list[Statistics]
) -> Iterator[tuple[dict[str, str], float]]:
    """The values of a figure of consumers, with their labels."""
    for each in found:
        for consumer in each.consumers:
            if (value := figure.value(consumer)) is not None:
                yield {"ring": each.name, "consumer": consumer.name}, value
