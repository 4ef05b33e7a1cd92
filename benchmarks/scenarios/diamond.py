"""Diamond, one event at a time.

                     .--> left ---.
    P --> [ ring ] --+             >--> join
                     '--> right --'

            .--> queue --> left ---> queue --.
        P --+                                 >--> join
            '--> queue --> right --> queue --'

`join` gets an event after both others have finished it, and adds up their results. The rate counts
events that have passed `join`.
"""

import itertools
from collections.abc import Callable

from benchmarks.peers import OpenQueue, Peer
from benchmarks.queues import contenders
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.rings import CAPACITY, disruptor_of_events, publish_each, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify


def left(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
    """One of the two."""
    event.left = event.value + 1


def right(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
    """The other."""
    event.right = event.value + 2


def ours(count: int) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    seen = bytearray()

    def join(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.left + event.right)

    disruptor = disruptor_of_events(1)
    disruptor.handle_events_with(left, right).then(join)
    measured = run(disruptor, publish_each(disruptor.ring, values), deliveries=count)
    verify("ringbuffer", seen, [2 * value + 3 for value in values])
    return measured


def of_queues(peer: Peer) -> Callable[[int], Measurement]:
    """The same graph of queues."""

    def body(count: int) -> Measurement:
        values = payload(count)
        to_left, to_right, from_left, from_right = (peer.open(CAPACITY) for _ in range(4))
        seen = bytearray()

        def put_both() -> None:
            put_left, put_right = to_left.producer(), to_right.producer()
            for value in values:
                put_left(value)
                put_right(value)

        def stage(source: OpenQueue, target: OpenQueue, add: int) -> Callable[[], None]:
            def move() -> None:
                get, put = source.consumer(), target.producer()
                for _ in itertools.repeat(None, count):
                    put(get() + add)

            return move

        def join() -> None:
            get_left, get_right = from_left.consumer(), from_right.consumer()
            for _ in itertools.repeat(None, count):
                seen.append(get_left() + get_right())

        elapsed = together(
            put_both, stage(to_left, from_left, 1), stage(to_right, from_right, 2), join
        )
        verify(peer.name, seen, [2 * value + 3 for value in values])
        return elapsed.run(count)

    return body


def scenario() -> Scenario:
    """The ring, and the same graph of every peer."""
    peers, absent = contenders(of_queues)
    return Scenario("diamond", __doc__, "rate", (Contender("ringbuffer", ours), *peers), absent)
