"""Memory: what an empty structure takes, what each waiting item adds, and what is left behind.

    ring:   events are allocated in advance; publishing adds nothing
    queue:  each waiting item needs a place

`blocks` counts the allocator's blocks that a run of many events leaves behind, scaled to a million
events. A service that runs for months needs 0.
"""

import gc
import sys
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.peers import PEERS, Peer
from benchmarks.queues import contenders
from ringbuffer import ProducerType, RingBuffer
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.rings import CAPACITY
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import PAYLOAD

#: Events of the measurement of what is left behind; the figure is scaled.
MOST = 100_000


def in_own_thread(measure: Callable[[], Measurement]) -> Measurement:
    """Measure in a new thread, so that it owns the single producer of the ring."""
    runs: list[Measurement] = []
    thread = threading.Thread(target=lambda: runs.append(measure()))
    thread.start()
    thread.join()
    if not runs:
        raise RuntimeError("the measurement of memory failed; see its traceback above")
    return runs[0]


def measured[T](
    make: Callable[[], T],
    fill: Callable[[T], object],
    pump: Callable[[T, int], object],
    places: int,
    count: int,
) -> Measurement:
    """The figures of `make()`, of `fill` with `places` items, and of `pump` with `count` events."""

    def measure() -> Measurement:
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        full = make()
        empty = tracemalloc.get_traced_memory()[0]
        fill(full)
        filled = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        del full
        structure = make()
        pump(structure, CAPACITY * 2)
        gc.collect()
        blocks = sys.getallocatedblocks()
        pump(structure, count)
        gc.collect()
        left = sys.getallocatedblocks() - blocks
        return Measurement(
            {
                "empty_bytes": float(empty - before),
                "item_bytes": (filled - empty) / places,
                "blocks": left / count * 1e6,
            }
        )

    return in_own_thread(measure)


def of_events(count: int) -> Measurement:
    """A ring of pre-allocated events."""

    def make() -> RingBuffer[BenchEvent]:
        ring = RingBuffer(CAPACITY, BenchEvent, ProducerType.SINGLE)
        ring.producer()  # its own list of the events belongs to what an empty ring takes
        return ring

    def fill(ring: RingBuffer[BenchEvent]) -> None:
        producer = ring.producer()
        for value in PAYLOAD:
            sequence = producer.next()
            producer.get(sequence).value = value
            producer.publish(sequence)

    def pump(ring: RingBuffer[BenchEvent], events: int) -> None:
        with ring.poller() as poller:
            for _ in range(events // len(PAYLOAD)):
                fill(ring)
                poller.poll(lambda event, sequence, end_of_batch: None)

    return measured(make, fill, pump, len(PAYLOAD), count)


def of_values(count: int) -> Measurement:
    """A ring of values."""

    def make() -> RingBuffer[Any]:
        ring = RingBuffer.of_values(CAPACITY, ProducerType.SINGLE)
        ring.producer()
        return ring

    def fill(ring: RingBuffer[Any]) -> None:
        producer = ring.producer()
        for value in PAYLOAD:
            producer.publish_value(value)

    def pump(ring: RingBuffer[Any], events: int) -> None:
        with ring.poller() as poller:
            for _ in range(events // len(PAYLOAD)):
                fill(ring)
                poller.poll(lambda event, sequence, end_of_batch: None)

    return measured(make, fill, pump, len(PAYLOAD), count)


def of_a_queue(peer: Peer) -> Callable[[int], Measurement]:
    """A queue."""

    def fill(channel: Any) -> None:
        put = channel.producer()
        for value in PAYLOAD:
            put(value)

    def pump(channel: Any, events: int) -> None:
        get = channel.consumer()
        for _ in range(events // len(PAYLOAD)):
            fill(channel)
            for _ in PAYLOAD:
                get()

    return lambda count: measured(lambda: peer.open(CAPACITY), fill, pump, len(PAYLOAD), count)


def scenario() -> Scenario:
    """Both kinds of slot, and every peer."""
    peers, absent = contenders(of_a_queue, peers=PEERS)
    return Scenario(
        "memory",
        __doc__,
        "item_bytes",
        (
            Contender("ringbuffer, events", of_events, most=MOST),
            Contender("ringbuffer, values", of_values, most=MOST),
            *(Contender(peer.name, peer.body, peer.role, most=MOST) for peer in peers),
        ),
        absent,
    )
