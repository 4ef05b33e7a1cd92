"""`instrument`: the figures for OpenTelemetry (the extra `opentelemetry`).

meter = get_meter_provider().get_meter("my.service")
instrument(meter, disruptor)

Every figure is an observable instrument: nothing is counted between two collections. A distribution
cannot be observed that way, because OpenTelemetry's histograms need every value when it occurs. So
its count, sum and percentiles are exported instead.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from ringbuffer.diagnostics.figures import (
    CONSUMER,
    DISTRIBUTIONS,
    RING,
    Kind,
    consumer_values,
    distributions_of,
    ring_values,
)
from ringbuffer.diagnostics.sampler import Sampler, samplers_of
from ringbuffer.diagnostics.statistics import Statistics
from ringbuffer.host import SYSTEM_HOST, Host

#: How long one look serves all instruments of a collection, in seconds. OpenTelemetry asks the
#: instruments one after the other.
SHARED_FOR: Final = 0.1

#: The percentiles of each distribution.
PERCENTS: Final = (50.0, 99.0, 99.9)

type Values = Iterable[tuple[dict[str, str], float]]


def instrument(
    meter: Meter, *things: object, prefix: str = "ringbuffer", host: Host = SYSTEM_HOST
) -> None:
    """Make an instrument for each figure of rings, disruptors, queues and buses. Any thread.

    The instruments live as long as the meter.

    Args:
        meter: makes the instruments.
        things: whatever `observe` takes, or `Sampler`s; names must differ.
        prefix: precedes every name.
        host: provides the clock.

    Raises:
        TypeError: one of `things` cannot be observed.
        ValueError: two of `things` have the same name, which would give them the same attributes:
            pass `Sampler`s with names.
    """
    look = _Look(samplers_of(things), host)

    def make(
        kind: Kind, name: str, unit: str, meaning: str, values: Callable[[list[Statistics]], Values]
    ) -> None:
        def callback(options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, labels) for labels, value in values(look.now())]

        create = (
            meter.create_observable_gauge if kind is Kind.GAUGE else meter.create_observable_counter
        )
        create(f"{prefix}.{name}", [callback], unit, meaning)

    for of_ring in RING:
        make(of_ring.kind, of_ring.name, of_ring.unit, of_ring.help, partial(ring_values, of_ring))
    for of_consumer in CONSUMER:
        make(
            of_consumer.kind,
            of_consumer.name,
            of_consumer.unit,
            of_consumer.help,
            partial(consumer_values, of_consumer),
        )
    for key, name, unit, meaning in DISTRIBUTIONS:
        make(Kind.COUNTER, f"{name}.count", "1", meaning, partial(_each, "count", key))
        make(Kind.COUNTER, f"{name}.sum", unit, meaning, partial(_each, "sum", key))
        make(Kind.GAUGE, name, unit, meaning, partial(_percentiles, key))


class _Look:
    """One look at all things, which the instruments of one collection share. Any thread.

    So the figures of a collection are consistent.
    """

    def __init__(self, samplers: tuple[Sampler, ...], host: Host) -> None:
        self._samplers: Final = samplers
        self._clock: Final = host.monotonic
        self._lock: Final = host.lock()
        self._found: list[Statistics] = []
        self._until = self._clock()

    def now(self) -> list[Statistics]:
        with self._lock:
            if self._clock() >= self._until:
                self._found = [sampler.sample() for sampler in self._samplers]
                self._until = self._clock() + SHARED_FOR
            return self._found


def _each(attribute: str, key: str, found: list[Statistics]) -> Values:
    """An attribute of each distribution that has this name."""
    return [(labels, getattr(each, attribute)) for labels, each in distributions_of(key, found)]


def _percentiles(key: str, found: list[Statistics]) -> Values:
    for labels, distribution in distributions_of(key, found):
        for percent in PERCENTS:
            if (value := distribution.percentile(percent)) is not None:
                yield {**labels, "percentile": f"{percent:g}"}, value
