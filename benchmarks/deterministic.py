"""The gates that do not depend on the speed or the load of the machine.

What events leave behind and allocate, how many read-modify-writes a claim takes, how much longer a
publication through the disruptor takes, and what a consumer uses while nothing happens: its own
processor time, so that a busy neighbour does not count.
"""

import functools
import gc
import itertools
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
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
from ringbuffer.programs.bench.medians import median
from ringbuffer.programs.bench.rings import CAPACITY

#: Events that are counted; figures for a million are scaled from here.
EVENTS: Final = 100_000
#: Calls that are measured at once; and what makes so many.
CALLS: Final = 1_000
type Turn = Callable[[], None]
#: Small integers, which exist anyway: what a real event refers to was there before.
VALUES: Final = tuple(range(100))


def retained_blocks(events: int = EVENTS) -> float:
    """Blocks of the allocator that remain after a million events went from producer to consumer.

    The interpreter itself keeps a few (a thread's free lists, the first growth of a table): the
    ring is warmed up, a first run does not count, and what is left, of `events` and of twice as
    many, must be the same.
    """
    _left_by(events, _blocks)
    return max(0, _left_by(2 * events, _blocks) - _left_by(events, _blocks)) / events * 1e6


def _blocks() -> int:
    # After a collection, which lets the allocator settle too. In between, the number goes up and
    # down by a few hundred, whatever the program keeps. Cycles are what `tracked_objects` counts.
    gc.collect()
    return sys.getallocatedblocks()


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
def _idle_of_defaults() -> tuple[float, int]:
    """What the consumer of a default `Disruptor` uses after one second of silence, and after ten.

    In percent of a core after one second, and in wake-ups after ten, each over one second. Where
    nothing wakes up, the processor time is that of the measurement, which some machines make long.
    Before the silence the consumer handles events, so that a wait strategy that learns has learned
    to be awake.
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

    def wake_ups_of_a_second() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
        silence.wait(1)
        own = 1  # a thread gives up its processor as often as it wakes up
        return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before - own

    disruptor.handle_events_with(on_event)
    with disruptor:
        for event, value in disruptor.publish_each(range(1, EVENTS + 1)):
            event.value = value
        handled.wait()
        silence.wait(1)
        after_one = percent_of_a_second()
        silence.wait(8)
        return after_one, wake_ups_of_a_second()


def default_idle_after_one_second() -> float:
    """The default wait strategy after a second of silence, in percent of a core."""
    return _idle_of_defaults()[0]


def default_idle_after_ten_seconds() -> float:
    """The default wait strategy after ten seconds of silence, in wake-ups a second."""
    return _idle_of_defaults()[1]


def publication_through_a_disruptor(turns: int = 100) -> float:
    """How many times as long the disruptor's own functions take as those of a producer.

    The worse of `publish_event` and `publish_value`, with one producer and with several. In turns
    of a thousand calls in one thread, where no consumer waits. The processor time counts, and the
    median of the ratios of neighbouring turns, so that a busy machine hardly changes it.
    """
    return max(
        _ratio(ours, of_a_producer, turns)
        for kind in ProducerType
        for ours, of_a_producer in _publications(kind)
    )


def _publications(kind: ProducerType) -> Iterator[tuple[Turn, Turn]]:
    """Turns of the disruptor and of a producer: of events, then of values."""
    events = Disruptor(BenchEvent, CAPACITY, kind, YieldingWaitStrategy())
    yield _of_events(events.publish_event), _of_events(events.producer().publish_event)
    values = Disruptor.of_values(CAPACITY, kind, YieldingWaitStrategy())
    yield _of_values(values.publish_value), _of_values(values.producer().publish_value)


def _fill(event: BenchEvent, sequence: int, value: int) -> None:
    event.value = value


def _of_events(publish_event: Callable[..., int]) -> Turn:
    def turn() -> None:
        for _ in itertools.repeat(None, CALLS):
            publish_event(_fill, 7)

    return turn


def _of_values(publish_value: Callable[..., int]) -> Turn:
    def turn() -> None:
        for _ in itertools.repeat(None, CALLS):
            publish_value(7)

    return turn


def _ratio(one: Turn, other: Turn, turns: int) -> float:
    """How many times as long `one` takes as `other`."""

    def nanoseconds(turn: Turn) -> int:
        begin = time.thread_time_ns()
        turn()
        return time.thread_time_ns() - begin

    return median([nanoseconds(one) / nanoseconds(other) for _ in range(turns)])


#: By their names in gates.toml.
MEASURES: Final[dict[str, Callable[[], float]]] = {
    "retained_blocks": retained_blocks,
    "tracked_objects": tracked_objects,
    "single_producer_rmw": single_producer_rmw,
    "multi_producer_rmw": multi_producer_rmw,
    "publication_through_a_disruptor": publication_through_a_disruptor,
    "idle_percent": idle_percent,
    "default_idle_after_one_second": default_idle_after_one_second,
    "default_idle_after_ten_seconds": default_idle_after_ten_seconds,
}
