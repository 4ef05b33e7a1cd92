"""2P1C, 64 at a time.

    P ==.
         >==> [ ring of values ] ==> C
    P =='

Each producer publishes chunks of 64, with one compare-and-swap for each; the consumer takes whole batches by `on_batch`.
"""

from benchmarks.events import KeepBatches
from benchmarks.queues import contenders, one_queue
from benchmarks.rings import disruptor_of_values, publish_chunks, run, shares
from benchmarks.scenario import Contender, Run, Scenario
from benchmarks.verify import payload, verify

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


def scenario() -> Scenario:
    """The ring, and every peer, value by value."""
    peers, absent = contenders(lambda peer: one_queue(peer, 2), producers=2)
    return Scenario("two_producers_batch", __doc__, "rate", (Contender("ringbuffer", ours, most=10_000_000), *peers), absent)
