"""The gates that do not depend on the speed or the load of the machine.

What events leave behind and allocate, how many read-modify-writes a claim takes, and what a blocked
consumer uses while nothing happens: its own processor time, so that a busy neighbour does not
count.
"""

import functools
import gc
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from benchmarks.counting import CountingMemory
from benchmarks.scenarios.wait_strategies import idle_percent as idle_percent_of
from ringbuffer import (
    BlockingWaitStrategy,
    Disruptor,
    ProducerType,
    RingBuffer,
    YieldingWaitStrategy,
)
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.rings import CAPACITY

#: Events that are counted; figures for a million are scaled from here.
EVENTS: Final = 100_000
#: Small integers, which exist anyway: what a real event refers to was there before.
VALUES: Final = tuple(range(100))


def retained_blocks(events: int = EVENTS) -> float:
    """Blocks of the allocator that remain after a million events went from producer to consumer.

    The interpreter itself keeps a few (a thread's free lists, the first growth of a table): the
    ring is warmed up, and what is left, of `events` and of twice as many, must be the same.
    """
    once, twice = (
        _left_by(events, sys.getallocatedblocks),
        _left_by(2 * events, sys.getallocatedblocks),
    )
    return max(0, twice - once) / events * 1e6


def tracked_objects(events: int = EVENTS) -> float:
    """Objects that the garbage collector follows and that stay, for a million events.

    The collector is off meanwhile, so it cannot take back what was made; a container for each event
    would be seen here.
    """
    return max(0, _left_by(2 * events, _tracked) - _left_by(events, _tracked)) / events * 1e6


def _tracked() -> int:
    return len(gc.get_objects())


def _left_by(events: int, count: Callable[[], int]) -> int:
    """How much `count()` grows when `events` pass through a ring that was used before."""
    rounds: Final = 2 * CAPACITY // len(VALUES) + 1
    ring = RingBuffer(CAPACITY, BenchEvent, ProducerType.SINGLE, YieldingWaitStrategy())
    left: list[int] = []

    def in_one_thread() -> None:
        # Producer and consumer take turns in one thread: nothing depends on how two are scheduled.
        producer = ring.producer()
        next_, get, publish = producer.next, producer.get, producer.publish
        with ring.poller() as poller:
            poll = poller.poll

            def on_event(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
                event.left = event.value

            def pass_through(rounds: int) -> None:
                for _ in range(rounds):
                    for value in VALUES:
                        sequence = next_()
                        get(sequence).value = value
                        publish(sequence)
                    poll(on_event)

            pass_through(rounds)
            gc.collect()
            gc.disable()
            try:
                before = count()
                pass_through(events // len(VALUES))
                left.append(count() - before)
            finally:
                gc.enable()

    thread = threading.Thread(target=in_one_thread)
    thread.start()
    thread.join()
    return left[0]


def single_producer_rmw(claims: int = EVENTS // 10) -> float:
    """Read-modify-writes for a million claims and publications of a single producer.

    Its fence, once a lap, does not count.
    """
    return _read_modify_writes(ProducerType.SINGLE, claims, 1) / claims * 1e6


def multi_producer_rmw(claims: int = EVENTS // 10) -> float:
    """Read-modify-writes for one claim and its publication, without contention.

    The result is the worse figure of claims of one slot and of sixteen.

    Without the fence before each look for room, which comes once a lap.
    """
    return max(_read_modify_writes(ProducerType.MULTI, claims, n) / claims for n in (1, 16))


def _read_modify_writes(kind: ProducerType, claims: int, n: int) -> int:
    memory = CountingMemory()
    ring = RingBuffer(CAPACITY, BenchEvent, kind, YieldingWaitStrategy(), memory=memory)
    producer = ring.producer()
    memory.read_modify_writes = 0
    for _ in range(claims):
        high = producer.next(n)
        producer.publish(high - n + 1, high)
    return memory.read_modify_writes - claims * n // CAPACITY


def idle_percent(seconds: float = 0.5) -> float:
    """Processor time of a consumer that blocks while nothing is published, in percent of a core."""
    return idle_percent_of(BlockingWaitStrategy(), seconds)


@functools.cache
def _idle_of_defaults() -> tuple[float, float]:
    """What the consumer of a default `Disruptor` uses after one second of silence, and after ten.

    In percent of a core, each over one second. Before the silence it handles events, so that a wait
    strategy that learns has learned to be awake.
    """
    handled = threading.Event()
    silence = threading.Event()  # that nothing sets
    disruptor = Disruptor(BenchEvent, CAPACITY)

    def on_event(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        if event.value == EVENTS:
            handled.set()

    def percent_of_a_second() -> float:
        processor, begin = time.process_time(), time.perf_counter()
        silence.wait(1)
        used, passed = time.process_time() - processor, time.perf_counter() - begin
        return used / passed * 100

    disruptor.handle_events_with(on_event)
    with disruptor:
        for event, value in disruptor.publish_each(range(1, EVENTS + 1)):
            event.value = value
        handled.wait()
        silence.wait(1)
        after_one = percent_of_a_second()
        silence.wait(8)
        return after_one, percent_of_a_second()


def default_idle_after_one_second() -> float:
    """The default wait strategy after a second of silence, in percent of a core."""
    return _idle_of_defaults()[0]


def default_idle_after_ten_seconds() -> float:
    """The default wait strategy after ten seconds of silence, in percent of a core."""
    return _idle_of_defaults()[1]


#: By their names in gates.toml.
MEASURES: Final[dict[str, Callable[[], float]]] = {
    "retained_blocks": retained_blocks,
    "tracked_objects": tracked_objects,
    "single_producer_rmw": single_producer_rmw,
    "multi_producer_rmw": multi_producer_rmw,
    "idle_percent": idle_percent,
    "default_idle_after_one_second": default_idle_after_one_second,
    "default_idle_after_ten_seconds": default_idle_after_ten_seconds,
}
