"""Durations: one check and one cap for all of them, wherever a user can give one."""

import argparse
import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from ringbuffer import Disruptor, ProducerType, Queue, RingBuffer
from ringbuffer.checks import ENDLESS, check_duration, check_real, check_timeout, shown
from ringbuffer.cli.arguments import positive_seconds
from ringbuffer.diagnostics import DiagnosticEventHandler, Sampler, StallDetector
from ringbuffer.messaging import (
    ChannelQueue,
    InMemoryQueue,
    InMemoryQueueOptions,
    RingBufferQueue,
    TransportEnvelope,
)
from ringbuffer.messaging.bus import ChannelEventBus, EventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import Pipeline, PipelineConsumer, RetryPolicy, Timer
from ringbuffer.processors import BatchEventProcessor, RewindAfterPause, WorkerPool
from ringbuffer.wait import (
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
)
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE

BUSES: list[Callable[..., EventBus]] = [RingBufferEventBus, ChannelEventBus]
MESSAGE = TransportEnvelope("kind", b"")


def short(value: object) -> str:
    return shown(value)[:20]


#: What no place takes for a duration; `10**5000` cannot even be printed.
NONSENSE: list[Any] = [
    True,
    "1",
    b"1",
    1j,
    object(),
    float("nan"),
    Decimal("nan"),
    Decimal("sNaN"),
]
#: Longer than clocks and locks can hold.
TOO_LONG: list[Any] = [1e10, 1e300, 10**400, 10**5000, Fraction(10**400)]


def processor() -> BatchEventProcessor[Any]:
    ring = RingBuffer.of_values(2)
    return BatchEventProcessor(ring, ring.new_barrier(), lambda event, sequence, end: None)


def bus_timeout(call: Callable[[EventBus, Any], object]) -> Callable[[Any], object]:
    def given(timeout: Any) -> object:
        with ChannelEventBus(1) as bus:
            return call(bus, timeout)

    return given


def queue_timeout(
    make: Callable[..., InMemoryQueue], call: Callable[[InMemoryQueue, Any], object]
) -> Callable[[Any], object]:
    def given(timeout: Any) -> object:
        with make(InMemoryQueueOptions(buffer_size=2)) as queue:
            return call(queue, timeout)

    return given


async def enqueue(queue: InMemoryQueue, timeout: Any) -> bool:
    return await queue.enqueue(MESSAGE, timeout)


def join_ended(queue: InMemoryQueue, timeout: Any) -> bool:
    consumer = queue.add_consumer(print)
    queue.remove_consumer(consumer)
    return consumer.join(timeout)


#: Every way to give the library a time that it waits: where nothing has to be waited for.
TIMEOUTS: dict[str, Callable[[Any], object]] = {
    "check_timeout": check_timeout,
    "producer.next": lambda t: RingBuffer.of_values(2).producer().next(1, t),
    "single producer.next": lambda t: (
        RingBuffer.of_values(2, ProducerType.SINGLE).producer().next(1, t)
    ),
    "publish_value": lambda t: RingBuffer.of_values(2).producer().publish_value(1, t),
    "publish_values": lambda t: RingBuffer.of_values(2).producer().publish_values([1], t),
    "publish_event": lambda t: (
        RingBuffer(2, list).producer().publish_event(lambda event, sequence: None, timeout=t)
    ),
    "publish_each": lambda t: list(RingBuffer(2, list).producer().publish_each([1], t)),
    "processor.join": lambda t: processor().join(t),
    "processor.close": lambda t: processor().close(t),
    "pool.join": lambda t: WorkerPool(
        RingBuffer.of_values(2), [lambda event, sequence, end: None]
    ).join(t),
    "pool.close": lambda t: WorkerPool(
        RingBuffer.of_values(2), [lambda event, sequence, end: None]
    ).close(t),
    "disruptor.shutdown": lambda t: Disruptor.of_values(2).start().shutdown(t),
    "disruptor.join": lambda t: Disruptor.of_values(2).join(t),
    "queue.put": lambda t: Queue[int](2).put(1, True, t),
    "queue.put_many": lambda t: Queue[int](2).put_many([1], t),
    "bus.publish_sync": bus_timeout(lambda bus, t: bus.publish_sync(1, timeout=t)),
    "bus.publish_sync, awaited": bus_timeout(
        lambda bus, t: bus.publish_sync(1, wait=True, timeout=t)
    ),
    "bus.publish_all": bus_timeout(lambda bus, t: bus.publish_all([1], timeout=t)),
    "bus.publish": bus_timeout(lambda bus, t: asyncio.run(bus.publish(1, timeout=t))),
    "bus.unsubscribe": bus_timeout(lambda bus, t: bus.subscribe(int, print).unsubscribe(timeout=t)),
    "bus.close": bus_timeout(lambda bus, t: bus.close(timeout=t)),
    "ring queue.enqueue_sync": queue_timeout(
        RingBufferQueue, lambda queue, t: queue.enqueue_sync(MESSAGE, t)
    ),
    "channel queue.enqueue_sync": queue_timeout(
        ChannelQueue, lambda queue, t: queue.enqueue_sync(MESSAGE, t)
    ),
    "queue.enqueue": queue_timeout(
        RingBufferQueue, lambda queue, t: asyncio.run(enqueue(queue, t))
    ),
    "queue.close": queue_timeout(RingBufferQueue, lambda queue, t: queue.close(timeout=t)),
    "queue.remove_consumer": queue_timeout(
        RingBufferQueue, lambda queue, t: queue.remove_consumer(queue.add_consumer(print), t)
    ),
    "queue's consumer.join": queue_timeout(ChannelQueue, lambda queue, t: join_ended(queue, t)),
    "pipeline consumer.close": lambda t: PipelineConsumer(Pipeline(), print).close(t),
}

#: Every way to give it a duration that has to be positive.
DURATIONS: dict[str, Callable[[Any], object]] = {
    "check_duration": lambda t: check_duration("name", t),
    "TimeoutBlockingWaitStrategy": TimeoutBlockingWaitStrategy,
    "SleepingWaitStrategy": lambda t: SleepingWaitStrategy(sleep_seconds=t),
    "PhasedBackoffWaitStrategy, spins": lambda t: PhasedBackoffWaitStrategy.with_lock(t, 1.0),
    "PhasedBackoffWaitStrategy, yields": lambda t: PhasedBackoffWaitStrategy.with_lock(1.0, t),
    "RewindAfterPause": RewindAfterPause,
    "RetryPolicy.delay": lambda t: RetryPolicy(delay=t),
    "RetryPolicy.max_delay": lambda t: RetryPolicy(max_delay=t),
    "Timer.put": lambda t: put_into_timer(t),
    "Sampler.window": lambda t: Sampler(RingBuffer.of_values(2), window=t),
    "StallDetector.after": lambda t: StallDetector(RingBuffer.of_values(2), after=t),
    "DiagnosticEventHandler.log_seconds": lambda t: DiagnosticEventHandler(
        lambda event, sequence, end: None, log_seconds=t
    ),
}


def put_into_timer(delay: Any) -> None:
    timer: Timer[int] = Timer(print, host=ForwardingHost(), name="timer")
    try:
        assert timer.put(1, delay)
    finally:
        timer.close()
        timer.join()


@pytest.mark.parametrize("value", NONSENSE, ids=short)
@pytest.mark.parametrize("name", [*TIMEOUTS, *DURATIONS])
def test_a_value_that_is_not_a_duration_is_refused_by_name(name: str, value: Any) -> None:
    call = (TIMEOUTS | DURATIONS)[name]
    with pytest.raises((TypeError, ValueError), match=r"must be a (positive )?number of seconds"):
        call(value)


@pytest.mark.parametrize(
    "value",
    [*TOO_LONG, 1, 2.5, Fraction(1, 2), Decimal("2.5"), timedelta(seconds=2.5), timedelta.max],
    ids=short,
)
@pytest.mark.parametrize("name", [*TIMEOUTS, *DURATIONS])
def test_a_duration_is_any_real_number_however_large_or_a_timedelta(
    name: str, value: float
) -> None:
    (TIMEOUTS | DURATIONS)[name](value)


def test_the_cap_is_within_what_this_platform_can_wait() -> None:
    assert ENDLESS <= threading.TIMEOUT_MAX


def test_a_timeout_beyond_the_cap_sets_no_limit_and_one_far_below_0_is_up() -> None:
    assert [check_timeout(value) for value in TOO_LONG] == [None] * len(TOO_LONG)
    assert check_timeout(float("inf")) is None
    assert check_timeout(-(10**400)) == check_timeout(-float("inf")) == -ENDLESS
    assert check_timeout(-1) == -1
    assert check_timeout(timedelta(minutes=2)) == 120
    assert check_duration("delay", timedelta(milliseconds=1)) == 0.001


def test_a_duration_beyond_the_cap_is_cut_there_and_an_infinite_one_is_refused() -> None:
    assert [check_duration("name", value) for value in TOO_LONG] == [ENDLESS] * len(TOO_LONG)
    with pytest.raises(ValueError, match="name must be a positive number of seconds, not inf"):
        check_duration("name", float("inf"))


@pytest.mark.parametrize("value", [0, 0.0, -1, -(10**400)])
def test_a_duration_is_positive_unless_0_is_allowed(value: float) -> None:
    with pytest.raises(ValueError, match="name must be a positive number of seconds"):
        check_duration("name", value)
    if value == 0:
        assert check_duration("name", value, allow_zero=True) == 0
    else:
        with pytest.raises(ValueError, match="0 or more and finite"):
            check_duration("name", value, allow_zero=True)


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), -(10**400), 0.5, Fraction(1, 2)], ids=short
)
def test_a_factor_is_a_finite_number_in_its_range(value: float) -> None:
    with pytest.raises(ValueError, match="factor must be 1 or more, and finite"):
        check_real("factor", value, 1)
    with pytest.raises(ValueError, match="factor must be 1 or more, and finite"):
        RetryPolicy(factor=value)


def test_a_retry_policy_of_huge_delays_computes_a_delay_that_can_be_waited_for() -> None:
    policy = RetryPolicy(10**9, delay=10**400, max_delay=10**400, factor=1e300, jitter=0.5)
    for attempt in (1, 2, 10**6):
        delay = policy.delay_after(attempt, ValueError())
        assert delay is not None
        assert ENDLESS / 2 <= delay <= ENDLESS


@pytest.mark.parametrize("seconds", ["0", "inf", "nan", "soon"])
def test_a_command_takes_the_same_durations(seconds: str) -> None:
    assert positive_seconds("1e10") == ENDLESS
    with pytest.raises(argparse.ArgumentTypeError, match="a positive number of seconds is needed"):
        positive_seconds(seconds)


def test_a_consumer_that_may_wait_for_300_years_handles_what_comes() -> None:
    handled: list[object] = []
    arrived = threading.Event()

    def handle(event: object, sequence: int, end_of_batch: bool) -> None:
        handled.append(event)
        arrived.set()

    disruptor = Disruptor.of_values(8, wait_strategy=TimeoutBlockingWaitStrategy(1e10))
    disruptor.handle_events_with(handle)
    with disruptor:
        disruptor.publish_value("a")
        assert arrived.wait(PATIENCE)
        disruptor.publish_value("b")
    assert handled == ["a", "b"]
