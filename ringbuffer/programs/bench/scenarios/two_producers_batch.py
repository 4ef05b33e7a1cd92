"""2P1C, 64 at a time.

    P ==.
         >==> [ ring of values ] ==> C
    P =='

Each producer publishes chunks of 64, with one compare-and-swap for each chunk. The consumer takes
whole batches by `on_batch`.
"""

from collections.abc import Sequence

from ringbuffer.programs.bench.events import KeepBatches
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders, one_queue
from ringbuffer.programs.bench.rings import disruptor_of_values, publish_chunks, run, shares
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import payload, verify

CHUNK = 64


def ours(count: int) -> Measurement:
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
    return Scenario(
        "two_producers_batch",
        __doc__,
        "rate",
        (Contender("ringbuffer", ours, most=10_000_000), *others),
        absent,
    )
