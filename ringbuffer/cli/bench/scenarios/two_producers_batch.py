"""2P1C, 64 at a time.

    P ==.
         >==> [ ring of values ] ==> C
    P =='

Each producer publishes chunks of 64, with one compare-and-swap for each; the consumer takes whole batches by `on_batch`.
"""

from collections.abc import Sequence

from ringbuffer.cli.bench.events import KeepBatches
from ringbuffer.cli.bench.peers import STANDARD, Peer
from ringbuffer.cli.bench.queues import contenders, one_queue
from ringbuffer.cli.bench.rings import disruptor_of_values, publish_chunks, run, shares
from ringbuffer.cli.bench.scenario import Contender, Run, Scenario
from ringbuffer.cli.bench.verify import payload, verify

CHUNK = 64


def ours(count: int) -> Run:
    """One run of the ring."""
    values = payload(count)
    handler = KeepBatches()
    disruptor = disruptor_of_values(2)
    disruptor.handle_events_with(handler)
    bodies = [publish_chunks(disruptor.ring, share, CHUNK) for share in shares(values, 2)]
    measured = run(disruptor, *bodies, deliveries=count)
    verify("ringbuffer", handler.seen, values, ordered=False)
    return measured


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring, and every peer, value by value."""
    others, absent = contenders(lambda peer: one_queue(peer, 2), producers=2, peers=peers)
    return Scenario("two_producers_batch", __doc__, "rate", (Contender("ringbuffer", ours, most=10_000_000), *others), absent)
