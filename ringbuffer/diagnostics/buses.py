"""Buses: what this layer needs of them, so that it can look at buses that it does not import."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, runtime_checkable

from ringbuffer.diagnostics.positions import ConsumerPosition, Positions, settle
from ringbuffer.diagnostics.rings import ObservedRing


class HandlerCounts(Protocol):
    """What one handler of a bus has done, as `ringbuffer.messaging.bus.HandlerMetrics`."""

    @property
    def handled(self) -> int:
        """Events that it has handled."""
        ...

    @property
    def failed(self) -> int:
        """Events that have failed for good."""
        ...

    @property
    def retried(self) -> int:
        """Failures after which the event was put aside, to come back."""
        ...

    @property
    def dead_lettered(self) -> int:
        """Of the failed ones, those that went to the dead letters."""
        ...

    @property
    def waiting(self) -> int:
        """Events published that it has not come to yet."""
        ...


class BusCounts(Protocol):
    """What a bus has done, as `ringbuffer.messaging.bus.BusMetrics`."""

    @property
    def published(self) -> int:
        """Events published."""
        ...

    @property
    def returning(self) -> int:
        """Events that will come back to the handler that failed on them."""
        ...

    @property
    def handlers(self) -> Mapping[str, Any]:
        """`HandlerCounts` by name."""
        ...


@runtime_checkable
class BusLike(Protocol):
    """A bus that counts, as `ringbuffer.messaging.bus.EventBus`. Any thread. It may have a `ring`."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def metrics(self) -> BusCounts:
        """What it has done."""
        ...

    def subscribe(self, event_type: type, handler: Any, /) -> object:
        """Add a handler."""
        ...


class ObservedBus:
    """Such a bus. Any thread.

    Over a ring, positions are the ring's. Otherwise each handler has a queue of its own, and what is called the ring is all
    of them
    together: as full as the fullest. Of a bus that does not tell a `capacity`, that is what waits in the fullest, so
    utilization says nothing, and the lags do.
    """

    def __init__(self, bus: BusLike, name: str) -> None:
        self.name: Final = name
        self._bus: Final = bus
        ring = getattr(bus, "ring", None)
        self._ring: Final = None if ring is None else ObservedRing(ring, name)

    def read(self) -> Positions:
        """See `Observed`. The handlers' counts are read before the ring's positions, which they are settled into."""
        metrics = self._bus.metrics()
        counters: dict[str, float] = {"events_published": metrics.published, "returning": metrics.returning}
        if self._ring is None:
            end, most = metrics.published - 1, max((each.waiting for each in metrics.handlers.values()), default=0)
            capacity = getattr(self._bus, "capacity", None) or max(1, most)
            return settle(capacity, end - most, _consumers(metrics, end), end, end, counters)
        now = self._ring.read()
        # Each lag is of the moment of the metrics: counted from the present end, it is what it was, or was made up for since.
        consumers = _consumers(metrics, now.published)
        return settle(now.capacity, now.minimum, consumers, now.published, now.claimed, {**now.counters, **counters})


def _consumers(metrics: BusCounts, end: int) -> list[ConsumerPosition]:
    return [
        ConsumerPosition(
            name,
            end - each.waiting,
            None,
            {
                "handled": each.handled,
                "errors": each.failed,
                "retried": each.retried,
                "dead_lettered": each.dead_lettered,
            },
        )
        for name, each in metrics.handlers.items()
    ]
