"""`ObservedBus`: the positions of an event bus and of its handlers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ringbuffer.diagnostics.positions import ConsumerPosition, Positions, settle
from ringbuffer.diagnostics.rings import ObservedRing

if TYPE_CHECKING:  # loads asyncio
    from ringbuffer.messaging import BusMetrics, EventBus


class ObservedBus:
    """An event bus. Any thread.

    A bus over a ring has the positions of the ring. In any other bus each handler has a queue of
    its own: here all of them together count as the ring, which is as full as the fullest queue.
    Without a `buffer_size`, the capacity is the number of events in the fullest queue. Then the
    lags are right, but utilization has no meaning.
    """

    def __init__(self, bus: "EventBus", name: str) -> None:
        self.name: Final = name
        self._bus: Final = bus
        ring = getattr(bus, "ring", None)
        self._ring: Final = None if ring is None else ObservedRing(ring, name)

    def read(self) -> Positions:
        """See `Observed`.

        Reads the handlers' counts before the ring's positions, and fits the counts into these.
        """
        states = {each.name: each.state for each in self._bus.progress()}
        metrics = self._bus.metrics()
        counters = {"events_published": metrics.published, "returning": metrics.returning}
        if self._ring is None:
            waiting = (each.waiting for each in metrics.handlers.values())
            end, most = metrics.published - 1, max(waiting, default=0)
            capacity = getattr(self._bus, "buffer_size", None) or max(1, most)
            consumers = _consumers(metrics, end, states)
            return settle(capacity, end - most, consumers, end, end, counters)
        now = self._ring.read()
        # The lags are those of the moment of the metrics. Counted from the present end, each is
        # shown as it was then, although the handler may have caught up since.
        consumers = _consumers(metrics, now.published, states)
        both = {**now.counters, **counters}
        return settle(now.capacity, now.minimum, consumers, now.published, now.claimed, both)


def _consumers(
    metrics: "BusMetrics", end: int, states: Mapping[str, str]
) -> list[ConsumerPosition]:
    return [
        ConsumerPosition(
            name,
            end - each.waiting,
            states.get(name),
            {
                "handled": each.handled,
                "errors": each.failed,
                "retried": each.retried,
                "dead_lettered": each.dead_lettered,
            },
        )
        for name, each in metrics.handlers.items()
    ]
