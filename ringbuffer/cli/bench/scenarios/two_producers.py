"""2P1C, one event at a time.

    P --.
         >--> [ ring of pre-allocated events ] --> C
    P --'

Each producer claims every event by a compare-and-swap of its own.
"""

from collections.abc import Sequence

from ringbuffer.cli.bench.events import keep_event
from ringbuffer.cli.bench.peers import STANDARD, Peer
from ringbuffer.cli.bench.queues import contenders, one_queue
from ringbuffer.cli.bench.rings import disruptor_of_events, publish_each, run, shares
from ringbuffer.cli.bench.scenario import Contender, Run, Scenario
from ringbuffer.cli.bench.verify import payload, verify


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


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring, and every peer."""
    others, absent = contenders(lambda peer: one_queue(peer, 2), producers=2, peers=peers)
    return Scenario("two_producers", __doc__, "rate", (Contender("ringbuffer", ours), *others), absent)
