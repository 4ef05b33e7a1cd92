"""1P3C multicast, 256 at a time.

                               .==> C
    P ==> [ ring of values ] ==+==> C
                               '==> C

Every consumer gets every value, in whole batches by `on_batch`; the rate counts deliveries.
"""

from collections.abc import Sequence

from ringbuffer.programs.bench.events import KeepBatches
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders, one_queue_a_consumer
from ringbuffer.programs.bench.rings import disruptor_of_values, publish_chunks, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import payload, verify

CONSUMERS = 3
CHUNK = 256


def ours(count: int) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    handlers = [KeepBatches() for _ in range(CONSUMERS)]
    disruptor = disruptor_of_values(1)
    disruptor.handle_events_with(*handlers)
    measured = run(
        disruptor, publish_chunks(disruptor.ring, values, CHUNK), deliveries=count * CONSUMERS
    )
    for handler in handlers:
        verify("ringbuffer", handler.seen, values)
    return measured


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring, and three of every peer, value by value."""
    others, absent = contenders(lambda peer: one_queue_a_consumer(peer, CONSUMERS), peers=peers)
    return Scenario(
        "multicast_batch",
        __doc__,
        "rate",
        (Contender("ringbuffer", ours, most=10_000_000), *others),
        absent,
    )
