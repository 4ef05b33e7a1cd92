"""Poller: the consumer polls when it wants, and never waits.

    P --> [ ring ] <-- poll() -- C          C yields the processor when it finds no event

Beside it are the queues of the standard library, polled without waiting.
"""

import os
import queue
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ringbuffer import PollState, ProducerType, RingBuffer, YieldingWaitStrategy
from ringbuffer.programs.bench.events import BenchEvent, keep_event
from ringbuffer.programs.bench.rings import CAPACITY, publish_each
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify

yield_now = getattr(os, "sched_yield", lambda: time.sleep(0))


def ours(count: int) -> Measurement:
    """One run of the ring."""
    values = payload(count)
    seen, on_event = keep_event()
    # A poller never sleeps, so a producer need not signal it.
    ring = RingBuffer(CAPACITY, BenchEvent, ProducerType.SINGLE, YieldingWaitStrategy())
    poller = ring.poller()

    def consumer() -> None:
        poll, nothing = poller.poll, PollState.IDLE
        while len(seen) < count:
            if poll(on_event) is nothing:
                yield_now()

    elapsed = together(publish_each(ring, values), consumer)
    poller.close()
    verify("ringbuffer", seen, values)
    return elapsed.run(count)


def polled(
    put: Callable[[Any], object],
    take: Callable[[], Any],
    empty: type[Exception],
    name: str,
    count: int,
) -> Measurement:
    """One run of a queue whose `take` raises `empty`."""
    values = payload(count)
    seen = bytearray()

    def producer() -> None:
        for value in values:
            put(value)

    def consumer() -> None:
        while len(seen) < count:
            try:
                seen.append(take())
            except empty:
                yield_now()

    elapsed = together(producer, consumer)
    verify(name, seen, values)
    return elapsed.run(count)


def of_queue(count: int) -> Measurement:
    """`queue.Queue`."""
    channel: queue.Queue[int] = queue.Queue(CAPACITY)
    return polled(channel.put, channel.get_nowait, queue.Empty, "queue.Queue", count)


def of_simple_queue(count: int) -> Measurement:
    """`queue.SimpleQueue`."""
    channel: queue.SimpleQueue[int] = queue.SimpleQueue()
    return polled(channel.put, channel.get_nowait, queue.Empty, "queue.SimpleQueue", count)


def of_deque(count: int) -> Measurement:
    """`collections.deque`."""
    items: deque[int] = deque()
    return polled(items.append, items.popleft, IndexError, "deque", count)


def scenario() -> Scenario:
    """The ring, and what the standard library has."""
    return Scenario(
        "poller",
        __doc__,
        "rate",
        (
            Contender("ringbuffer", ours),
            Contender("queue.Queue", of_queue, Role.PEER),
            Contender("queue.SimpleQueue", of_simple_queue, Role.PEER),
            Contender("deque", of_deque, Role.PEER),
        ),
    )
