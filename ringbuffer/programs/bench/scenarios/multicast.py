"""1P3C multicast, one event at a time.

                                            .--> C
    P --> [ ring of pre-allocated events ] -+--> C
                                            '--> C

Every consumer gets every event; the rate counts deliveries. With queues there are three of them,
and the producer puts every event three times.
"""

from collections.abc import Sequence

from ringbuffer.programs.bench.events import keep_event
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders, one_queue_a_consumer
from ringbuffer.programs.bench.rings import disruptor_of_events, publish_each, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import payload, verify

CONSUMERS = 3


def ours(count: int, consumers: int = CONSUMERS) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    kept = [keep_event() for _ in range(consumers)]
    disruptor = disruptor_of_events(1)
    disruptor.handle_events_with(*(on_event for _, on_event in kept))
    measured = run(disruptor, publish_each(disruptor.ring, values), deliveries=count * consumers)
    for seen, _ in kept:
        verify("ringbuffer", seen, values)
    return measured


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring, and three of every peer."""
    others, absent = contenders(lambda peer: one_queue_a_consumer(peer, CONSUMERS), peers=peers)
    return Scenario("multicast", __doc__, "rate", (Contender("ringbuffer", ours), *others), absent)
