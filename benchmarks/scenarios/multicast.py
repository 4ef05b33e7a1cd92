"""1P3C multicast, one event at a time.

                                            .--> C
    P --> [ ring of pre-allocated events ] -+--> C
                                            '--> C

Every consumer gets every event; the rate counts deliveries. A user of queues has three of them, and puts everything three
times.
"""

from benchmarks.events import keep_event
from benchmarks.queues import contenders, one_queue_a_consumer
from benchmarks.rings import disruptor_of_events, publish_each, run
from benchmarks.scenario import Contender, Run, Scenario
from benchmarks.verify import payload, verify

CONSUMERS = 3


def ours(count: int) -> Run:
    """One run of the ring."""
    values = payload(count)
    kept = [keep_event() for _ in range(CONSUMERS)]
    disruptor = disruptor_of_events(1)
    disruptor.handle_events_with(*(on_event for _, on_event in kept))
    measured = run(disruptor, publish_each(disruptor.ring, values), deliveries=count * CONSUMERS)
    for seen, _ in kept:
        verify("ringbuffer", seen, values)
    return measured


def scenario() -> Scenario:
    """The ring, and three of every peer."""
    peers, absent = contenders(lambda peer: one_queue_a_consumer(peer, CONSUMERS))
    return Scenario("multicast", __doc__, "rate", (Contender("ringbuffer", ours), *peers), absent)
