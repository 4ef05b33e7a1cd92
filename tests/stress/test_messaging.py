"""The buses under load: a hundred handlers, a hundred publishers, and memory that stays as it is.

The short form is a million deliveries in each mode. With `RINGBUFFER_STRESS_SECONDS` of 600 or more
it is a million events, so a hundred million deliveries in each mode.
"""

import gc
import resource
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from tests.stress.kit import REPORT, SECONDS
from tests.support.threads import PATIENCE, none_are_left

HANDLERS = 100
EVENTS = 1_000_000 if SECONDS >= 600 else 10_000
#: How much more memory the process may have at the end than after a tenth of the events, in MiB.
GROWTH = 64


class Event:
    """One of many."""

    __slots__ = ("number", "publisher")

    def __init__(self, publisher: int, number: int) -> None:
        self.publisher, self.number = publisher, number


class Watcher:
    """Expects the numbers of each publisher in order; records the first that is not."""

    def __init__(self, publishers: int) -> None:
        self.next = [0] * publishers
        self.wrong: list[tuple[int, int]] = []

    def __call__(self, event: Event) -> None:
        publisher, number = event.publisher, event.number
        if self.next[publisher] == number:
            self.next[publisher] = number + 1
        else:
            self.wrong.append((publisher, number))


def publish(bus: Any, publisher: int, count: int, memory: list[int]) -> None:
    """Half of the events one by one, half of them many at once, in turns."""
    number = 0
    while number < count:
        end = min(count, number + 50)
        for each in range(number, end):
            bus.publish_sync(Event(publisher, each), timeout=SECONDS + PATIENCE)
        number, end = end, min(count, end + 50)
        bus.publish_all(
            (Event(publisher, each) for each in range(number, end)), timeout=SECONDS + PATIENCE
        )
        number = end
        if publisher == 0 and number % max(100, count // 10) == 0:
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


buses = pytest.mark.parametrize(
    "make_bus", [ChannelEventBus, RingBufferEventBus], ids=["channel", "ring"]
)


@buses
@pytest.mark.timeout(0)
@pytest.mark.parametrize("publishers", [1, 100])
def test_a_hundred_handlers_get_every_event_once_and_in_order(
    make_bus: Callable[[int], Any], publishers: int
) -> None:
    count = EVENTS // publishers if publishers == 1 or EVENTS < 1_000_000 else 1000
    watchers = [Watcher(publishers) for _ in range(HANDLERS)]
    memory: list[int] = []
    bus = make_bus(1024)
    for watcher in watchers:
        bus.subscribe(Event, watcher)
    # However long it takes: a hundred million deliveries take minutes.
    threads = [
        threading.Thread(target=publish, args=(bus, publisher, count, memory), daemon=True)
        for publisher in range(publishers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = bus.close()
    assert report.is_complete
    for watcher in watchers:
        REPORT["lost or doubled"] += sum(number != count for number in watcher.next)
        REPORT["out of order or torn"] += len(watcher.wrong)
        REPORT["events"] += sum(watcher.next)
        assert watcher.wrong == []
        assert watcher.next == [count] * publishers
    metrics = bus.metrics()
    assert metrics.published == count * publishers
    assert metrics.handled == count * publishers * HANDLERS
    assert memory[-1] - memory[0] < GROWTH, f"MiB after each tenth of the events: {memory}"


@buses
def test_nothing_is_left_of_a_bus_that_is_closed(make_bus: Callable[[int], Any]) -> None:
    before = threading.enumerate()
    for _ in range(20):
        bus = make_bus(64)
        for _ in range(10):
            bus.subscribe(Event, Watcher(1))
        for number in range(100):
            bus.publish_sync(Event(0, number))
        assert bus.close().is_complete
    assert none_are_left(before)
    del bus
    gc.collect()
    assert not any(isinstance(each, Event | Watcher) for each in gc.get_objects())
