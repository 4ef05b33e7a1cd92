"""1P1C, one event at a time.

    P --> [ ring of pre-allocated events ] --> C

The producer claims, fills and publishes each event separately, through its own handle. The consumer
gets each event by `on_event`. The limit is a plain loop over the same number of events, which calls
the same handler in one thread.
"""

from collections.abc import Callable, Sequence

from ringbuffer import BlockingWaitStrategy, RingBuffer, WaitStrategy
from ringbuffer.programs.bench.events import BenchEvent, keep_event
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders, one_queue
from ringbuffer.programs.bench.rings import (
    CAPACITY,
    disruptor_of_events,
    publish_by_steps,
    publish_each,
    run,
)
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify


def ours(
    count: int,
    wait_strategy: WaitStrategy | None = None,
    publish: Callable[[RingBuffer[BenchEvent], Sequence[int]], Callable[[], None]] = publish_each,
) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    seen, on_event = keep_event()
    disruptor = disruptor_of_events(1, wait_strategy)
    disruptor.handle_events_with(on_event)
    measured = run(disruptor, publish(disruptor.ring, values), deliveries=count)
    verify("ringbuffer", seen, values)
    return measured


def limit(count: int) -> Measurement:
    """The bare loop."""
    values = payload(count)
    seen, on_event = keep_event()
    events = [BenchEvent() for _ in range(CAPACITY)]
    for event, value in zip(events, values, strict=False):
        event.value = value

    def body() -> None:
        done = 0
        while done < count:
            last = min(done + CAPACITY, count) - 1
            for sequence, event in enumerate(events[: last + 1 - done], done):
                on_event(event, sequence, sequence == last)
            done = last + 1

    elapsed = together(body)
    verify("the bare loop", seen, [events[index % CAPACITY].value for index in range(count)])
    return elapsed.run(count)


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring, in a loop and by single steps, with two wait strategies; and every peer."""
    others, absent = contenders(lambda peer: one_queue(peer, 1), peers=peers)
    return Scenario(
        "unicast",
        __doc__,
        "rate",
        (
            Contender("ringbuffer", ours),
            Contender("ringbuffer, by steps", lambda count: ours(count, publish=publish_by_steps)),
            Contender("ringbuffer, blocking", lambda count: ours(count, BlockingWaitStrategy())),
            Contender("bare loop", limit, Role.LIMIT),
            *others,
        ),
        absent,
        has_cache_figures=True,
    )
