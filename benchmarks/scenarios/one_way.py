"""One-way latency at a fixed rate.

    P --> [ ring ] --> C          P sends event i at the time t0 + i / rate, even if C is late

Each event carries the time at which it *should have been* sent. If the event before it delays an
event, its latency still counts from when it was due. So there is no coordinated omission. A
contender that cannot carry the rate shows a latency that grows with the run. At 1,000/s a consumer
that sleeps when it has nothing to do is asleep when the next event comes.
"""

import time
from collections.abc import Callable
from typing import Final

from benchmarks.peers import STANDARD, Peer
from benchmarks.queues import contenders
from ringbuffer import BlockingWaitStrategy, Disruptor, YieldingWaitStrategy
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


def ours(count: int, rate: float, make: Callable[[], Disruptor[BenchEvent]]) -> Measurement:
    """One run of the ring."""
    histogram = Histogram(steps=FINE)
    now, record = time.perf_counter_ns, histogram.record
    sent = got = 0

    def on_event(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        nonlocal got
        record(now() - event.value)
        got += event.value

    disruptor = make()
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


def by_default() -> Disruptor[BenchEvent]:
    """A ring with its defaults."""
    return Disruptor(BenchEvent, CAPACITY)


#: The rings that are compared.
RINGS: Final[dict[str, Callable[[], Disruptor[BenchEvent]]]] = {
    "ringbuffer, defaults": by_default,
    "ringbuffer, yielding": lambda: disruptor_of_events(1, YieldingWaitStrategy()),
    "ringbuffer, blocking": lambda: disruptor_of_events(1, BlockingWaitStrategy()),
}


def ring(name: str, rate: float) -> Contender:
    """A ring at one rate."""
    make = RINGS[name]
    return Contender(
        f"{name} at {rate:,}/s",
        lambda count: ours(count, rate, make),
        series=name,
        x=rate,
        rate=rate,
    )


def at_rate(rate: float) -> tuple[Contender, ...]:
    """The contenders at one rate: the ring with its defaults and with two strategies; queues."""
    suffix = f" at {rate:,}/s"
    peers, _ = contenders(lambda peer: of_a_queue(peer, rate), peers=STANDARD)
    return (
        *(ring(name, rate) for name in RINGS),
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
