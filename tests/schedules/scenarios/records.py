"""Rings of records: an array is copied into the slots, and handlers get views of them.

A record is written and read in two steps each, as an event. So a view that a producer writes to
meanwhile, or that is handed out before its records are stored, is found.
"""

import functools
from typing import Any, Final

from ringbuffer import BatchEventProcessor, BusySpinWaitStrategy, ProducerType, RingBuffer
from ringbuffer.host import Host
from ringbuffer.memory import Memory
from ringbuffer.producer import producer_ops
from ringbuffer.producer.records import record_publication
from ringbuffer.records import RecordFactory, RecordLayout, RecordSlots, RecordStore
from tests.schedules.explore import Scenario
from tests.schedules.memory import Event, ScenarioMemory
from tests.schedules.scenarios.sequencers import no_hole
from tests.schedules.world import World

LAYOUT: Final = RecordLayout.of_struct("q")


class ScheduledRecords(RecordSlots):
    """Slots whose records are scheduled, in place of a block of memory; and each view of them."""

    def __init__(self, events: list[Event]) -> None:
        self._events: Final = events

    def view(self) -> list[Event]:
        return self._events

    def read_view(self) -> list[Event]:
        return self._events

    def store(self) -> RecordStore:
        mask = len(self._events) - 1

        def store(low: int, numbers: list[int]) -> None:
            for sequence, number in enumerate(numbers, low):
                self._events[sequence & mask].write(number)

        return RecordStore(list, store)


class ScheduledFactory(RecordFactory):
    def slots(self, size: int, memory: Memory) -> RecordSlots:
        assert isinstance(memory, ScenarioMemory)
        return ScheduledRecords(memory.events(range(size)))


def ring_of_records(world: World, size: int, kind: ProducerType) -> RingBuffer[Any]:
    factory: Any = ScheduledFactory(LAYOUT)
    ring: RingBuffer[Any] = RingBuffer(
        size, factory, kind, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    world.names_of(ring)
    return ring


def consumer(
    world: World, ring: RingBuffer[Any], name: str, last: int, *after: BatchEventProcessor[Any]
) -> BatchEventProcessor[Any]:
    """A processor of whole batches, which halts itself at the record of sequence `last`."""
    handled = world.handled.setdefault(name, [])

    class Handler:
        def on_batch(self, records: Any, first: int) -> None:
            size = ring.buffer_size
            if first // size != (first + len(records) - 1) // size:
                raise world.scheduler.violated(f"a view from {first} goes over the end of the ring")
            handled.extend((at, record.read()) for at, record in enumerate(records, first))
            if first + len(records) > last:
                processor.halt()

    barrier = ring.new_barrier(*(each.sequence for each in after))
    processor = BatchEventProcessor(ring, barrier, Handler(), name=name)
    world.name(processor.sequence, f"sequence {name}")
    world.task(name, processor.run)
    return processor


def publish(ring: RingBuffer[Any], host: Host, numbers: list[int], chunk: int) -> None:
    slots: Any = ring.slots
    publish_records = record_publication(
        producer_ops(ring.sequencer), slots.store(), ring.buffer_size, host
    )
    assert publish_records(numbers, None, chunk) == len(numbers)


def lapped(kind: ProducerType, size: int, chunk: int, *shares: int, chained: bool = False) -> Any:
    """Producers that publish more than the ring holds, each an array, a chunk at a time."""

    def build(world: World) -> None:
        ring = ring_of_records(world, size, kind)
        last = sum(shares) - 1
        names = ["a"]
        first = consumer(world, ring, "a", last)
        if chained:
            consumer(world, ring, "b", last, first)
            names.append("b")
        for who, count in enumerate(shares):
            numbers = [100 * who + number for number in range(count)]
            task = functools.partial(publish, ring, world.host, numbers, chunk)
            world.task("pq"[who], task)
        no_hole(world, ring, sum(shares))

        def check() -> None:
            for name in names:
                handled = [number for _, number in world.handled[name]]
                for who, count in enumerate(shares):
                    mine = [number for number in handled if number // 100 == who]
                    expected = [100 * who + number for number in range(count)]
                    assert mine == expected, f"{name} has handled {handled}"

        world.checks.append(check)

    return build


def leaves(world: World) -> None:
    """Of two consumers one is removed at some moment; the other misses nothing."""
    ring = ring_of_records(world, 1, ProducerType.SINGLE)
    consumer(world, ring, "a", 1)
    leaver = consumer(world, ring, "b", 1)
    world.task("p", functools.partial(publish, ring, world.host, [0, 1], 1))

    def leave() -> None:
        leaver.close()
        assert ring.remove_gating_sequence(leaver.sequence)

    world.task("leaver", leave)
    world.expect("a", events=2)

    def check() -> None:
        handled = world.handled["b"]
        assert handled == [(sequence, sequence) for sequence in range(len(handled))]

    world.checks.append(check)


SINGLE, MULTI = ProducerType.SINGLE, ProducerType.MULTI
SCENARIOS = [
    Scenario("records", "an array of 5 in chunks of 2, ring 2", lapped(SINGLE, 2, 2, 5), (1, 2)),
    Scenario(
        "records-wrap",
        "an array of 6 in chunks of 3, ring 4, two consumers in a chain",
        lapped(SINGLE, 4, 3, 6, chained=True),
        (0, 1),
    ),
    Scenario(
        "records-multi",
        "2 producers, an array of 2 each in one claim, ring 2",
        lapped(MULTI, 2, 2, 2, 2),
        (1, 2),
    ),
    Scenario("records-leave", "2 consumers of records, ring 1, one leaves", leaves, (0, 1)),
]
