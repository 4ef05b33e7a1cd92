"""1P1C, 256 at a time.

    P ==> [ ring of values ] ==> C

The producer publishes chunks of 256. The consumer takes whole batches by `on_batch`, or each value
by `on_event`. The limits are bare loops that call the same handlers. The queues move one value at a
time. Beside them is a `SimpleQueue` whose items are lists of 256 values, batched by hand.
"""

import queue
from collections.abc import Sequence

from ringbuffer.programs.bench.events import KeepBatches, keep_value
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders, one_queue
from ringbuffer.programs.bench.rings import disruptor_of_values, publish_chunks, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify

CHUNK = 256


def ours_by_batch(count: int, chunk: int = CHUNK) -> Measurement:
    """One run with `on_batch`."""
    values = payload(count)
    handler = KeepBatches()
    disruptor = disruptor_of_values(1)
    disruptor.handle_events_with(handler)
    measured = run(disruptor, publish_chunks(disruptor.ring, values, chunk), deliveries=count)
    verify("ringbuffer, on_batch", handler.seen, values)
    return measured


def ours_by_event(count: int, chunk: int = CHUNK) -> Measurement:
    """One run with `on_event`."""
    values = payload(count)
    seen, on_event = keep_value()
    disruptor = disruptor_of_values(1)
    disruptor.handle_events_with(on_event)
    measured = run(disruptor, publish_chunks(disruptor.ring, values, chunk), deliveries=count)
    verify("ringbuffer, on_event", seen, values)
    return measured


def limit_by_batch(count: int) -> Measurement:
    """The bare loop over slices."""
    values = payload(count)
    handler = KeepBatches()

    def body() -> None:
        for first in range(0, count, CHUNK):
            handler.on_batch(values[first : first + CHUNK], first)

    elapsed = together(body)
    verify("the bare loop", handler.seen, values)
    return elapsed.run(count)


def limit_by_event(count: int) -> Measurement:
    """The bare loop over values."""
    values = payload(count)
    seen, on_event = keep_value()

    def body() -> None:
        for first in range(0, count, CHUNK):
            batch = values[first : first + CHUNK]
            last = first + len(batch) - 1
            for sequence, value in enumerate(batch, first):
                on_event(value, sequence, sequence == last)

    elapsed = together(body)
    verify("the bare loop", seen, values)
    return elapsed.run(count)


def lists_through_a_queue(count: int) -> Measurement:
    """A queue of lists."""
    values = payload(count)
    lists: queue.SimpleQueue[list[int] | None] = queue.SimpleQueue()
    seen = bytearray()

    def producer() -> None:
        for first in range(0, count, CHUNK):
            lists.put(values[first : first + CHUNK])
        lists.put(None)

    def consumer() -> None:
        while (batch := lists.get()) is not None:
            seen.extend(bytes(batch))

    elapsed = together(producer, consumer)
    verify("SimpleQueue of lists", seen, values)
    return elapsed.run(count)


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring with both kinds of handler; every peer, value by value."""
    others, absent = contenders(lambda peer: one_queue(peer, 1), peers=peers)
    return Scenario(
        "unicast_batch",
        __doc__,
        "rate",
        (
            Contender("ringbuffer, on_batch", ours_by_batch, most=20_000_000),
            Contender("ringbuffer, on_event", ours_by_event, most=5_000_000),
            Contender("bare loop, on_batch", limit_by_batch, Role.LIMIT, most=20_000_000),
            Contender("bare loop, on_event", limit_by_event, Role.LIMIT, most=5_000_000),
            Contender(
                "queue.SimpleQueue of lists", lists_through_a_queue, Role.PEER, most=20_000_000
            ),
            *others,
        ),
        absent,
    )
