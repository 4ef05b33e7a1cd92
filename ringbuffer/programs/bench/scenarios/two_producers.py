"""2P1C, one event at a time.

    P --.
         >--> [ ring of pre-allocated events ] --> C
    P --'

Each producer claims every event by its own compare-and-swap.
"""

from collections.abc import Sequence

from ringbuffer.programs.bench.events import keep_event
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders, one_queue
from ringbuffer.programs.bench.rings import disruptor_of_events, publish_each, run, shares
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import payload, verify


def ours(count: int) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    seen, on_event = keep_event()
    disruptor = disruptor_of_events(2)
    disruptor.handle_events_with(on_event)
    bodies = [publish_each(disruptor.ring, share) for share in shares(values, 2)]
    measured = run(disruptor, *bodies, deliveries=count)
    verify("ringbuffer", seen, values, ordered=False)
    return measured


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring, and every peer."""
    others, absent = contenders(lambda peer: one_queue(peer, 2), producers=2, peers=peers)
    return Scenario(
        "two_producers", __doc__, "rate", (Contender("ringbuffer", ours), *others), absent
    )
