"""Work pool, 2P2C: each event to exactly one of the workers.

    P --.                                       .--> W
         >--> [ ring of pre-allocated events ] -+         one *or* the other
    P --'                                       '--> W

The rate counts events that are finished. A queue always gives each value to one of its consumers.
Each consumer of a queue stops at the end mark of one producer, which that producer puts last.
"""

from collections.abc import Callable

from benchmarks.peers import Peer
from benchmarks.queues import contenders
from ringbuffer.programs.bench.events import keep_event
from ringbuffer.programs.bench.rings import CAPACITY, disruptor_of_events, publish_each, run, shares
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify


def ours(count: int) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    (seen, on_event), (seen_too, on_event_too) = keep_event(), keep_event()
    disruptor = disruptor_of_events(2)
    disruptor.handle_events_with_worker_pool(on_event, on_event_too)
    bodies = [publish_each(disruptor.ring, share) for share in shares(values, 2)]
    measured = run(disruptor, *bodies, deliveries=count)
    verify("ringbuffer", seen + seen_too, values, ordered=False)
    return measured


def of_a_queue(peer: Peer) -> Callable[[int], Measurement]:
    """Two producers and two consumers of one queue."""

    def body(count: int) -> Measurement:
        values = payload(count)
        channel = peer.open(CAPACITY)
        kept = (bytearray(), bytearray())

        def producer(share: list[int]) -> Callable[[], None]:
            def put_all() -> None:
                put = channel.producer()
                for value in share:
                    put(value)
                put(None)

            return put_all

        def consumer(seen: bytearray) -> Callable[[], None]:
            def get_all() -> None:
                get = channel.consumer()
                while (value := get()) is not None:
                    seen.append(value)

            return get_all

        elapsed = together(
            *(producer(share) for share in shares(values, 2)), *(consumer(seen) for seen in kept)
        )
        verify(peer.name, kept[0] + kept[1], values, ordered=False)
        return elapsed.run(count)

    return body


def scenario() -> Scenario:
    """The ring, and every peer."""
    peers, absent = contenders(of_a_queue, producers=2, consumers=2)
    return Scenario("work_pool", __doc__, "rate", (Contender("ringbuffer", ours), *peers), absent)
