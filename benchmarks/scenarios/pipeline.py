"""3-stage pipeline, one event at a time.

    P --> [ ring ] --> first --> second --> third       one ring, each stage after the one before
    P --> queue --> first --> queue --> second --> queue --> third

Each stage works on the result of the stage before it; the last one keeps its result. The rate
counts events that have passed all three.
"""

import itertools
from collections.abc import Callable

from benchmarks.peers import Peer
from benchmarks.queues import contenders
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.queues import get_each, put_each
from ringbuffer.programs.bench.rings import CAPACITY, disruptor_of_events, publish_each, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify


def first(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
    """The first stage."""
    event.left = event.value + 1


def second(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
    """The second stage."""
    event.right = event.left + 1


def ours(count: int) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    seen = bytearray()

    def third(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.right)

    disruptor = disruptor_of_events(1)
    disruptor.handle_events_with(first).then(second).then(third)
    measured = run(disruptor, publish_each(disruptor.ring, values), deliveries=count)
    verify("ringbuffer", seen, [value + 2 for value in values])
    return measured


def of_queues(peer: Peer) -> Callable[[int], Measurement]:
    """The same graph of queues."""

    def body(count: int) -> Measurement:
        values = payload(count)
        channels = [peer.open(CAPACITY) for _ in range(3)]
        seen = bytearray()

        def stage(number: int) -> Callable[[], None]:
            def move() -> None:
                get, put = channels[number].consumer(), channels[number + 1].producer()
                for _ in itertools.repeat(None, count):
                    put(get() + 1)

            return move

        elapsed = together(
            put_each(channels[0], values), stage(0), stage(1), get_each(channels[2], count, seen)
        )
        verify(peer.name, seen, [value + 2 for value in values])
        return elapsed.run(count)

    return body


def scenario() -> Scenario:
    """The ring, and the same graph of every peer."""
    peers, absent = contenders(of_queues)
    return Scenario("pipeline", __doc__, "rate", (Contender("ringbuffer", ours), *peers), absent)
