"""2P1C, one event at a time.

    P --.
         >--> [ ring of pre-allocated events ] --> C
    P --'

Each producer claims every event by a compare-and-swap of its own.
"""

from benchmarks.events import keep_event
from benchmarks.queues import contenders, one_queue
from benchmarks.rings import disruptor_of_events, publish_each, run, shares
from benchmarks.scenario import Contender, Run, Scenario
from benchmarks.verify import payload, verify


def ours(count: int) -> Run:
    """One run of the ring."""
    values = payload(count)
    seen, on_event = keep_event()
    disruptor = disruptor_of_events(2)
    disruptor.handle_events_with(on_event)
    bodies = [publish_each(disruptor.ring, share) for share in shares(values, 2)]
    measured = run(disruptor, *bodies, deliveries=count)
    verify("ringbuffer", seen, values, ordered=False)
    return measured


def scenario() -> Scenario:
    """The ring, and every peer."""
    peers, absent = contenders(lambda peer: one_queue(peer, 2), producers=2)
    return Scenario("two_producers", __doc__, "rate", (Contender("ringbuffer", ours), *peers), absent)
