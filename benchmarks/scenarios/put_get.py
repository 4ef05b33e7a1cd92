"""`ringbuffer.Queue`, 1P1C: the interface of `queue.Queue`.

    P -- put --> [ queue ] -- get --> C              one item for each call
    P == put_many ==> [ queue ] == get_many ==> C    all available items at once

The same two lines of code run over every queue. Only this library has `put_many` and `get_many`.
"""

from benchmarks.peers import OpenQueue, Peer
from benchmarks.queues import contenders
from ringbuffer import Queue
from ringbuffer.programs.bench.queues import one_queue
from ringbuffer.programs.bench.rings import CAPACITY
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify


def open_queue(capacity: int) -> OpenQueue:
    """The library's queue, as a peer."""
    channel: Queue[object] = Queue(capacity)
    return OpenQueue(lambda: channel.put, lambda: channel.get)


def ours_many(count: int) -> Measurement:
    """One run of `put_many` and `get_many`."""
    values = payload(count)
    channel: Queue[int] = Queue(CAPACITY)
    seen = bytearray()

    def consumer() -> None:
        get_many = channel.get_many
        while len(seen) < count:
            seen.extend(bytes(get_many()))

    elapsed = together(lambda: channel.put_many(values), consumer)
    verify("ringbuffer.Queue, put_many", seen, values)
    return elapsed.run(count)


def scenario() -> Scenario:
    """The library's queue in both ways, and every peer."""
    peers, absent = contenders(lambda peer: one_queue(peer, 1))
    ours = one_queue(Peer("ringbuffer.Queue", bounded=True, open=open_queue), 1)
    return Scenario(
        "put_get",
        __doc__,
        "rate",
        (
            Contender("ringbuffer.Queue", ours),
            Contender("ringbuffer.Queue, put_many", ours_many, most=20_000_000),
            *peers,
        ),
        absent,
    )
