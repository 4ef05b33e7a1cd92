"""`RingBufferEventBus` against `ChannelEventBus`, one publisher, and 3 or 100 handlers.

                                     .--> handler
    publish_sync --> [ event bus ] --+--> handler
                                     '--> handler ...

Every handler gets every event; the rate counts deliveries. `publish_all` passes many events in one
call. The rings have their defaults, unless the name of the contender says more.
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

FEW, MANY = 3, 100


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


def ours(count: int, make: Callable[[], EventBus], at_once: bool, handlers: int) -> Measurement:
    """One run of a bus."""
    values = payload(count)
    events = list(itertools.islice(itertools.cycle(EVENTS), count))
    bus = make()
    kept = [keep() for _ in range(handlers)]
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
    return elapsed.run(count * handlers)


def of_channels() -> EventBus:
    """The plain one."""
    return ChannelEventBus(CAPACITY)


def of_a_tuned_ring() -> EventBus:
    """The ring, waiting as in the other scenarios."""
    return RingBufferEventBus(
        CAPACITY, wait_strategy=WaitStrategyKind.YIELDING, producer_mode=ProducerMode.SINGLE
    )


def of_a_ring() -> EventBus:
    """The ring, with its own defaults."""
    return RingBufferEventBus(CAPACITY)


def _contender(
    name: str, make: Callable[[], EventBus], at_once: bool, handlers: int, role: Role
) -> Contender:
    how = ", publish_all" if at_once else ""
    return Contender(
        f"{name}, {handlers} handlers{how}",
        lambda count: ours(count, make, at_once, handlers),
        role,
    )


def scenario() -> Scenario:
    """Both buses, with few and many handlers, in both ways to publish."""
    buses = (
        ("RingBufferEventBus", of_a_ring, Role.OURS),
        ("ChannelEventBus", of_channels, Role.PEER),
    )
    return Scenario(
        "event_bus",
        __doc__,
        "rate",
        (
            _contender("RingBufferEventBus, tuned", of_a_tuned_ring, False, FEW, Role.OURS),
            *(
                _contender(name, make, at_once, handlers, role)
                for handlers in (FEW, MANY)
                for at_once in (False, True)
                for name, make, role in buses
            ),
        ),
    )
