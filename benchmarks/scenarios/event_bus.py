"""`RingBufferEventBus` against `ChannelEventBus`, one publisher and three handlers.

                                     .--> handler
    publish_sync --> [ event bus ] --+--> handler
                                     '--> handler

Every handler gets every event; the rate counts deliveries. `publish_all` passes many events in one
call.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from ringbuffer.messaging import ProducerMode, WaitStrategyKind
from ringbuffer.messaging.bus import ChannelEventBus, EventBus, RingBufferEventBus
from ringbuffer.programs.bench.rings import CAPACITY
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.programs.bench.verify import PAYLOAD, payload, verify

HANDLERS = 3


@dataclass(frozen=True, slots=True)
class Happened:
    """An event."""

    value: int


#: More than a bus holds, with the values of the payload in turn; see
#: `benchmarks.envelopes.MESSAGES`.
EVENTS = [Happened(value) for _ in range(2 * CAPACITY // len(PAYLOAD) + 1) for value in PAYLOAD]


def keep() -> tuple[bytearray, Callable[[Happened], None]]:
    """A list, and a handler that keeps values there."""
    seen = bytearray()

    def handle(event: Happened) -> None:
        seen.append(event.value)

    return seen, handle


def ours(count: int, make: Callable[[], EventBus], at_once: bool) -> Measurement:
    """One run of a bus."""
    values = payload(count)
    events = list(itertools.islice(itertools.cycle(EVENTS), count))
    bus = make()
    kept = [keep() for _ in range(HANDLERS)]
    for number, (_, handle) in enumerate(kept):
        bus.subscribe(Happened, handle, name=f"handler {number}")

    def one_by_one() -> None:
        publish = bus.publish_sync
        for event in events:
            publish(event)

    publisher = (lambda: bus.publish_all(events)) if at_once else one_by_one
    elapsed = together(publisher, finish=lambda: bus.close(timeout=DEADLINE_SECONDS))
    for seen, _ in kept:
        verify(type(bus).__name__, seen, values)
    return elapsed.run(count * HANDLERS)


def of_channels() -> EventBus:
    """The plain one."""
    return ChannelEventBus(CAPACITY)


def of_a_ring() -> EventBus:
    """The ring, waiting as in the other scenarios."""
    return RingBufferEventBus(
        CAPACITY, wait_strategy=WaitStrategyKind.YIELDING, producer_mode=ProducerMode.SINGLE
    )


def of_a_ring_by_default() -> EventBus:
    """The ring, with its own defaults."""
    return RingBufferEventBus(CAPACITY)


def scenario() -> Scenario:
    """Both buses, in both ways to publish."""
    return Scenario(
        "event_bus",
        __doc__,
        "rate",
        (
            Contender("RingBufferEventBus", lambda count: ours(count, of_a_ring, False)),
            Contender(
                "RingBufferEventBus, defaults",
                lambda count: ours(count, of_a_ring_by_default, False),
            ),
            Contender("ChannelEventBus", lambda count: ours(count, of_channels, False), Role.PEER),
            Contender(
                "RingBufferEventBus, publish_all", lambda count: ours(count, of_a_ring, True)
            ),
            Contender(
                "ChannelEventBus, publish_all",
                lambda count: ours(count, of_channels, True),
                Role.PEER,
            ),
        ),
    )
