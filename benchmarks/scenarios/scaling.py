"""Scaling: 1 to 16 producers, 1 to 16 consumers.

    P --.                                                       .--> C
    P --+--> [ ring of pre-allocated events ] --> C     P --> [ ring ] --+--> C
    ... '                                                       '--> ...

Many producers and one consumer; one producer and many consumers, each of which gets every event.
The rate counts deliveries. With more threads than processors the figures show how well the threads
take turns, not how fast they are.
"""

from benchmarks.peers import STANDARD
from ringbuffer.programs.bench.events import keep_event
from ringbuffer.programs.bench.queues import one_queue, one_queue_a_consumer
from ringbuffer.programs.bench.rings import disruptor_of_events, publish_each, run, shares
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.scenarios import multicast
from ringbuffer.programs.bench.verify import payload, verify

THREADS = (1, 2, 4, 8, 16)


def many_producers(count: int, producers: int) -> Measurement:
    """One run of NP1C."""
    values = payload(count)
    seen, on_event = keep_event()
    disruptor = disruptor_of_events(2)  # the multi producer, also for one: the line shows its cost
    disruptor.handle_events_with(on_event)
    bodies = [publish_each(disruptor.ring, share) for share in shares(values, producers)]
    measured = run(disruptor, *bodies, deliveries=count)
    verify("ringbuffer", seen, values, ordered=False)
    return measured


def with_threads(number: int) -> list[Contender]:
    """The contenders with `number` producers, or consumers."""
    found = [
        Contender(
            f"ringbuffer, {number} producers",
            lambda count: many_producers(count, number),
            series="ringbuffer, producers",
            x=number,
        ),
        Contender(
            f"ringbuffer, {number} consumers",
            lambda count: multicast.ours(count, number),
            series="ringbuffer, consumers",
            x=number,
        ),
    ]
    for peer in STANDARD[:2]:
        into_one, into_each = one_queue(peer, number), one_queue_a_consumer(peer, number)
        found += [
            Contender(
                f"{peer.name}, {number} producers",
                into_one,
                Role.PEER,
                f"{peer.name}, producers",
                number,
            ),
            Contender(
                f"{peer.name}, {number} consumers",
                into_each,
                Role.PEER,
                f"{peer.name}, consumers",
                number,
            ),
        ]
    return found


def scenario() -> Scenario:
    """Every number of threads."""
    return Scenario(
        "scaling",
        __doc__,
        "rate",
        tuple(contender for number in THREADS for contender in with_threads(number)),
    )
