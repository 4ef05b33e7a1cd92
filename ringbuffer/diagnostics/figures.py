"""The figures of all exporters, defined in one place.

Each has its name, kind, unit, meaning, and its value in the statistics.
"""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from ringbuffer.diagnostics.histogram import Distribution
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


def _figures[T](
    called: str,
    value_of: Callable[[str], Callable[[T], float | None]],
    *rows: tuple[str, Kind, str, str],
) -> tuple[Figure[T], ...]:
    """Make figures from rows of key, kind, unit and meaning; `called` makes the name of a key."""
    return tuple(
        Figure(called.format(key), kind, unit, meaning, value_of(key))
        for key, kind, unit, meaning in rows
    )


def _counted[T: (Statistics, ConsumerStatistics)](key: str) -> Callable[[T], float | None]:
    return lambda found: found.counters.get(key)


#: The figures of a ring.
RING: Final[tuple[Figure[Statistics], ...]] = (
    Figure("capacity", Kind.GAUGE, "{slot}", "Slots in the ring.", lambda found: found.capacity),
    *_figures(
        "{}_sequence",
        attrgetter,
        ("claimed", Kind.GAUGE, "1", "The last sequence given to a producer."),
        ("published", Kind.GAUGE, "1", "The last sequence published."),
    ),
    Figure(
        "minimum_gating_sequence",
        Kind.GAUGE,
        "1",
        "The last sequence that every consumer has finished.",
        lambda found: found.minimum_gating_sequence,
    ),
    *_figures(
        "{}",
        attrgetter,
        ("remaining_capacity", Kind.GAUGE, "{slot}", "Slots that could be claimed."),
        ("utilization", Kind.GAUGE, "1", "Share of the slots in use, 0 to 1."),
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
    *_figures(
        "{}",
        _counted,
        ("producer_stalls", Kind.COUNTER, "{stall}", "Waits for free capacity begun."),
        ("claim_timeouts", Kind.COUNTER, "{timeout}", "Waits for free capacity that timed out."),
        ("waits", Kind.COUNTER, "{wait}", "Waits for events begun."),
        ("wait_timeouts", Kind.COUNTER, "{timeout}", "Waits for events that timed out."),
        ("wait_alerts", Kind.COUNTER, "{alert}", "Waits for events that an alert ended."),
        ("wait_seconds", Kind.COUNTER, "s", "Time that consumers waited for events."),
        ("dropped", Kind.COUNTER, "{message}", "Messages dropped in favour of newer ones."),
        ("failed", Kind.COUNTER, "{message}", "Messages that a handler failed on."),
        ("consumers", Kind.GAUGE, "{consumer}", "Consumers that take messages."),
        ("unfinished_tasks", Kind.GAUGE, "{task}", "Items put and not done."),
        ("returning", Kind.GAUGE, "{event}", "Events scheduled for redelivery."),
    ),
)

#: The figures of a consumer.
CONSUMER: Final[tuple[Figure[ConsumerStatistics], ...]] = (
    *_figures(
        "consumer_{}",
        attrgetter,
        ("sequence", Kind.GAUGE, "1", "The last sequence that it has finished."),
        ("lag", Kind.GAUGE, "{event}", "Events published that it has not finished."),
    ),
    *_figures(
        "handler_{}",
        _counted,
        ("events", Kind.COUNTER, "{event}", "Events given to the handler."),
        ("batches", Kind.COUNTER, "{batch}", "Batches given to the handler."),
        ("errors", Kind.COUNTER, "{error}", "Errors that it raised."),
        ("rewinds", Kind.COUNTER, "{rewind}", "Batches that it asked for again."),
        ("timeouts", Kind.COUNTER, "{timeout}", "Timeouts that were reported to it."),
        ("largest_batch", Kind.GAUGE, "{event}", "Events in the largest batch."),
        ("handled", Kind.COUNTER, "{event}", "Events that it has handled."),
        ("retried", Kind.COUNTER, "{event}", "Failures scheduled for redelivery."),
        ("dead_lettered", Kind.COUNTER, "{event}", "Events that became dead letters."),
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


def distributions_of(
    key: str, found: list[Statistics]
) -> Iterator[tuple[dict[str, str], Distribution]]:
    """The distributions of consumers that have this name, with their labels."""
    for each in found:
        for consumer in each.consumers:
            if key in consumer.distributions:
                yield {"ring": each.name, "consumer": consumer.name}, consumer.distributions[key]
