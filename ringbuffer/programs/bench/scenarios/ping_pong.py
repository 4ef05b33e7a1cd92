"""Ping-pong: the time of a round trip between two threads.

    A --> [ ring ] --> B
    A <-- [ ring ] <-- B

A sends one event, waits for the answer, and only then sends the next one. Nothing queues up, so the
figure is twice the time of one way. One event in flight at a time needs no correction for
coordinated omission.
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
from ringbuffer.diagnostics.histogram import FINE, Histogram
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.latency import latency_run
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.queues import contenders
from ringbuffer.programs.bench.rings import CAPACITY
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.programs.bench.verify import payload, verify

MOST = 50_000


class Answering:
    """B: sends back every value that it receives, through a producer of its own thread."""

    def __init__(self, target: RingBuffer[BenchEvent]) -> None:
        self._target = target
        self.seen = bytearray()

    def on_start(self) -> None:
        """Create the producer of the answering thread."""
        self._producer = self._target.producer()

    def on_event(self, event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        """Answer."""
        value = event.value
        self.seen.append(value)
        producer = self._producer
        answer = producer.next()
        producer.get(answer).value = value
        producer.publish(answer)


class Asking:
    """A: measures the time until each answer, and sends the next event."""

    def __init__(self, target: RingBuffer[BenchEvent], values: list[int]) -> None:
        self._target = target
        self._values = iter(values)
        self.seen = bytearray()
        self.histogram = Histogram(steps=FINE)
        self.answered = threading.Event()

    def on_start(self) -> None:
        """Create the producer of the asking thread."""
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

    def on_event(self, event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        """Handle an answer."""
        self.histogram.record(time.perf_counter_ns() - self._sent)
        self.seen.append(event.value)
        self._ask()


def ours(count: int, wait_strategy: Callable[[], WaitStrategy]) -> Measurement:
    """One run of two rings."""
    values = payload(count)
    there = RingBuffer(CAPACITY, BenchEvent, ProducerType.SINGLE, wait_strategy())
    back = RingBuffer(CAPACITY, BenchEvent, ProducerType.SINGLE, wait_strategy())
    asking, answering = Asking(there, values), Answering(back)
    asker = BatchEventProcessor(back, back.new_barrier(), asking)
    answerer = BatchEventProcessor(there, there.new_barrier(), answering)
    with answerer, asker:
        elapsed = together(lambda: asking.answered.wait(DEADLINE_SECONDS))
    verify("ringbuffer, there", answering.seen, values)
    verify("ringbuffer, and back", asking.seen, values)
    return latency_run(asking.histogram.distribution(), cpu=elapsed.cpu_seconds / count * 1e6)


def of_queues(peer: Peer) -> Callable[[int], Measurement]:
    """Two queues."""

    def body(count: int) -> Measurement:
        values = payload(count)
        there, back = peer.open(CAPACITY), peer.open(CAPACITY)
        histogram = Histogram(steps=FINE)
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
        return latency_run(histogram.distribution(), cpu=elapsed.cpu_seconds / count * 1e6)

    return body


def scenario(peers: Sequence[Peer] = STANDARD) -> Scenario:
    """The ring with three strategies, and every peer."""
    others, absent = contenders(of_queues, peers=peers)
    return Scenario(
        "ping_pong",
        __doc__,
        "p99",
        (
            Contender(
                "ringbuffer, yielding", lambda count: ours(count, YieldingWaitStrategy), most=MOST
            ),
            Contender(
                "ringbuffer, busy spin", lambda count: ours(count, BusySpinWaitStrategy), most=MOST
            ),
            Contender(
                "ringbuffer, blocking", lambda count: ours(count, BlockingWaitStrategy), most=MOST
            ),
            *(Contender(peer.name, peer.body, peer.role, most=MOST) for peer in others),
        ),
        absent,
    )
