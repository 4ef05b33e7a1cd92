"""One-way latency at a fixed rate.

    P --> [ ring ] --> C          P sends event i at the time t0 + i / rate, even if C is late

Each event carries the time at which it *should have been* sent. If the event before it delays an
event, its latency still counts from when it was due. So there is no coordinated omission. A
contender that cannot carry the rate shows a latency that grows with the run.
"""

import time
from collections.abc import Callable

from benchmarks.peers import STANDARD, Peer
from benchmarks.queues import contenders
from ringbuffer import BlockingWaitStrategy, WaitStrategy, YieldingWaitStrategy
from ringbuffer.diagnostics.histogram import FINE, Histogram
from ringbuffer.programs.bench.events import BenchEvent
from ringbuffer.programs.bench.latency import latency_run
from ringbuffer.programs.bench.rings import CAPACITY, disruptor_of_events, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import LostEventsError

#: Events a second.
RATES = (1_000, 10_000, 50_000)

START_SECONDS = 0.002


def at_times(count: int, rate: float, send: Callable[[int], object]) -> int:
    """Call `send` at each due time, with that time in nanoseconds. Returns the sum of the times."""
    now = time.perf_counter_ns
    begin = now() + int(START_SECONDS * 1e9)
    checksum = 0
    for number in range(count):
        due = begin + int(number * 1e9 / rate)
        while now() < due:  # ends by itself: the clock goes on
            pass
        send(due)
        checksum += due
    return checksum


def check(who: str, count: int, got: int, checksum_sent: int, checksum_got: int) -> None:
    """Every time that was sent has come.

    Raises:
        LostEventsError: not so.
    """
    if (got, checksum_got) != (count, checksum_sent):
        raise LostEventsError(
            f"{who} got {got} events with the checksum {checksum_got}; "
            f"{count} with {checksum_sent} were sent"
        )


def ours(count: int, rate: float, wait_strategy: WaitStrategy) -> Measurement:
    """One run of the ring."""
    histogram = Histogram(steps=FINE)
    now, record = time.perf_counter_ns, histogram.record
    sent = got = 0

    def on_event(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        nonlocal got
        record(now() - event.value)
        got += event.value

    disruptor = disruptor_of_events(1, wait_strategy)
    disruptor.handle_events_with(on_event)

    def producer() -> None:
        nonlocal sent
        handle = disruptor.producer()

        def send(due: int) -> None:
            sequence = handle.next()
            handle.get(sequence).value = due
            handle.publish(sequence)

        sent = at_times(count, rate, send)

    measured = run(disruptor, producer, deliveries=count)
    check("ringbuffer", count, histogram.distribution().count, sent, got)
    return latency_run(histogram.distribution(), cpu=measured.figures["cpu"])


def of_a_queue(peer: Peer, rate: float) -> Callable[[int], Measurement]:
    """One queue."""

    def body(count: int) -> Measurement:
        channel = peer.open(CAPACITY)
        histogram = Histogram(steps=FINE)
        sent = got = 0

        def producer() -> None:
            nonlocal sent
            sent = at_times(count, rate, channel.producer())

        def consumer() -> None:
            nonlocal got
            get = channel.consumer()
            now, record = time.perf_counter_ns, histogram.record
            for _ in range(count):
                due = get()
                record(now() - due)
                got += due

        elapsed = together(producer, consumer)
        check(peer.name, count, histogram.distribution().count, sent, got)
        return latency_run(histogram.distribution(), cpu=elapsed.cpu_seconds / count * 1e6)

    return body


def at_rate(rate: float) -> tuple[Contender, ...]:
    """The contenders at one rate: the ring with two strategies, and the standard queues."""
    suffix = f" at {rate:,}/s"
    peers, _ = contenders(lambda peer: of_a_queue(peer, rate), peers=STANDARD)
    return (
        Contender(
            f"ringbuffer, yielding{suffix}",
            lambda count: ours(count, rate, YieldingWaitStrategy()),
            series="ringbuffer, yielding",
            x=rate,
            rate=rate,
        ),
        Contender(
            f"ringbuffer, blocking{suffix}",
            lambda count: ours(count, rate, BlockingWaitStrategy()),
            series="ringbuffer, blocking",
            x=rate,
            rate=rate,
        ),
        *(
            Contender(f"{peer.name}{suffix}", peer.body, peer.role, peer.name, rate, rate)
            for peer in peers
        ),
    )


def scenario() -> Scenario:
    """Every rate."""
    return Scenario(
        "one_way", __doc__, "p99", tuple(contender for rate in RATES for contender in at_rate(rate))
    )
