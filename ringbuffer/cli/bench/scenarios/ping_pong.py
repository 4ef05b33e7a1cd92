"""Ping-pong: the time of a round trip between two threads.

    A --> [ ring ] --> B
    A <-- [ ring ] <-- B

A sends one event, waits for the answer, and only then sends the next one: nothing queues up, so what is measured is the way
alone, twice. One event in flight at a time needs no correction for coordinated omission.
"""

import threading
import time
from collections.abc import Callable, Sequence

from ringbuffer import (
    BatchEventProcessor,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    ProducerType,
    RingBuffer,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.cli.bench.events import Event
from ringbuffer.cli.bench.latency import latency_run
from ringbuffer.cli.bench.peers import STANDARD, Peer
from ringbuffer.cli.bench.queues import contenders
from ringbuffer.cli.bench.rings import CAPACITY
from ringbuffer.cli.bench.scenario import Contender, Run, Scenario
from ringbuffer.cli.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.cli.bench.verify import payload, verify
from ringbuffer.cli.histogram import Histogram

MOST = 50_000


class Answering:
    """B: sends on whatever it gets, through a producer of its own thread."""

    def __init__(self, target: RingBuffer[Event]) -> None:
        self._target = target
        self.seen = bytearray()

    def on_start(self) -> None:
        """The thread that answers takes its producer."""
        self._producer = self._target.producer()

    def on_event(self, event: Event, sequence: int, end_of_batch: bool) -> None:
        """Answer."""
        value = event.value
        self.seen.append(value)
        producer = self._producer
        answer = producer.next()
        producer.get(answer).value = value
        producer.publish(answer)


class Asking:
    """A: takes the time of each answer, and sends the next event."""

    def __init__(self, target: RingBuffer[Event], values: list[int]) -> None:
        self._target = target
        self._values = iter(values)
        self.seen = bytearray()
        self.histogram = Histogram()
        self.answered = threading.Event()

    def on_start(self) -> None:
        """The thread that asks takes its producer."""
        self._producer = self._target.producer()
        self._ask()

    def _ask(self) -> None:
        value = next(self._values, None)
        if value is None:
            self.answered.set()
            return
        producer = self._producer
        question = producer.next()
        producer.get(question).value = value
        self._sent = time.perf_counter_ns()
        producer.publish(question)

    def on_event(self, event: Event, sequence: int, end_of_batch: bool) -> None:
        """An answer."""
        self.histogram.record(time.perf_counter_ns() - self._sent)
        self.seen.append(event.value)
        self._ask()


def ours(count: int, wait_strategy: Callable[[], WaitStrategy]) -> Run:
    """One run of two rings."""
    values = payload(count)
    there = RingBuffer(CAPACITY, Event, ProducerType.SINGLE, wait_strategy())
    back = RingBuffer(CAPACITY, Event, ProducerType.SINGLE, wait_strategy())
    asking, answering = Asking(there, values), Answering(back)
    asker = BatchEventProcessor(back, back.new_barrier(), asking)
    answerer = BatchEventProcessor(there, there.new_barrier(), answering)
    with answerer, asker:
        elapsed = together(lambda: asking.answered.wait(DEADLINE_SECONDS))
    verify("ringbuffer, there", answering.seen, values)
    verify("ringbuffer, and back", asking.seen, values)
    return latency_run(asking.histogram, cpu=elapsed.cpu_seconds / count * 1e6)


def of_queues(peer: Peer) -> Callable[[int], Run]:
    """Two queues."""

    def body(count: int) -> Run:
        values = payload(count)
        there, back = peer.open(CAPACITY), peer.open(CAPACITY)
        histogram = Histogram()
        seen = bytearray()

        def ask() -> None:
            put, get = there.producer(), back.consumer()
            now, record = time.perf_counter_ns, histogram.record
            for value in values:
                sent = now()
                put(value)
                answer = get()
                record(now() - sent)
                seen.append(answer)

        def answer() -> None:
            get, put = there.consumer(), back.producer()
            for _ in range(count):
                put(get())

        elapsed = together(ask, answer)
        verify(peer.name, seen, values)
        return latency_run(histogram, cpu=elapsed.cpu_seconds / count * 1e6)

    return body


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring with three strategies, and every peer."""
    others, absent = contenders(of_queues, peers=peers)
    return Scenario(
        "ping_pong",
        __doc__,
        "p99",
        (
            Contender("ringbuffer, yielding", lambda count: ours(count, YieldingWaitStrategy), most=MOST),
            Contender("ringbuffer, busy spin", lambda count: ours(count, BusySpinWaitStrategy), most=MOST),
            Contender("ringbuffer, blocking", lambda count: ours(count, BlockingWaitStrategy), most=MOST),
            *(Contender(peer.name, peer.body, peer.role, most=MOST) for peer in others),
        ),
        absent,
    )
