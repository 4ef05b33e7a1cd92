"""`FakeClock`: time stands still until the test moves it, and nothing that waits is missed."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from ringbuffer import ClaimTimeoutError, Disruptor, TimeoutBlockingWaitStrategy
from ringbuffer.diagnostics import StallDetector
from ringbuffer.host import Host
from ringbuffer.messaging import (
    Acknowledgement,
    InMemoryQueueOptions,
    LockedDelivery,
    Pipeline,
    QueueMode,
    Retry,
    RetryPolicy,
    RingBufferEventBus,
    TransportEnvelope,
    create_queue,
)
from ringbuffer.testing import FakeClock, drain
from tests.support.threads import PATIENCE, Background
from tests.unit.testing.kit import Order, fill


def test_a_clock_is_a_host() -> None:
    host: Host = FakeClock(5.0)
    assert host.monotonic() == 5.0
    assert host.thread_id() == threading.get_ident()
    assert host.current_thread() is threading.current_thread()
    host.yield_now()
    with host.lock():
        pass
    assert isinstance(host.available_cpus(), frozenset)


def test_time_stands_still_until_it_is_moved() -> None:
    clock = FakeClock()
    clock.sleep(0.001)
    assert clock.now == 0.0
    clock.advance(2)
    clock.advance(timedelta(minutes=1))
    assert clock.now == clock.monotonic() == 62.0


@pytest.mark.parametrize("seconds", [-1, float("nan"), "1"])
def test_the_clock_does_not_go_back(seconds: Any) -> None:
    clock = FakeClock()
    with pytest.raises((ValueError, TypeError), match="seconds"):
        clock.advance(seconds)
    assert clock.now == 0.0


def test_a_sleep_ends_when_its_time_has_come() -> None:
    clock = FakeClock()
    with Background(lambda: clock.sleep(10), name="sleeper") as sleeper:
        clock.wait_for_sleepers()
        clock.advance(9)
        clock.wait_for_sleepers()
        clock.advance(1)
    assert sleeper.error is None
    with pytest.raises(TimeoutError, match="0 threads wait with a limit, not 1"):
        clock.wait_for_sleepers(timeout=0.01)


def test_an_event_and_a_condition_say_whether_the_time_was_up() -> None:
    clock = FakeClock()
    event, condition = clock.event(), clock.condition()

    def wait() -> bool:
        with condition:
            return condition.wait(5)

    with Background(lambda: event.wait(5)) as first, Background(wait) as second:
        clock.wait_for_sleepers(2)
        clock.advance(5)
    assert (first.result, second.result) == (False, False)
    with Background(lambda: event.wait(5)) as first, Background(wait) as second:
        clock.wait_for_sleepers(2)
        event.set()
        with condition:
            condition.notify_all()
    assert (first.result, second.result) == (True, True)
    assert event.wait(0)


def test_a_wait_without_a_limit_does_not_end_because_time_passes() -> None:
    clock = FakeClock()
    condition, others = clock.condition(), clock.condition()

    def wait() -> bool:
        with condition:
            return condition.wait()

    def wait_with_limit() -> bool:
        with condition:
            return condition.wait(1)

    with Background(wait) as endless:
        with Background(wait_with_limit) as limited:
            clock.wait_for_sleepers()
            clock.advance(1)
        assert limited.result is False
        assert endless.result is None
        # Terminates because the thread waits at last; until then no thread is notified.
        while endless.result is None:
            with condition:
                condition.notify_all()
    assert endless.result is True
    with others:
        others.notify_all()


def test_a_timeout_of_the_clock_names_the_threads_that_wait() -> None:
    clock = FakeClock()
    event = clock.event()
    with Background(lambda: event.wait(5), name="waiter"):
        clock.wait_for_sleepers()
        with pytest.raises(TimeoutError, match=r"1 threads .*, not 2, .*: 'waiter' until 5"):
            clock.wait_for_sleepers(2, timeout=0.01)
        event.set()


def test_a_claim_times_out_when_the_clock_says_so() -> None:
    clock = FakeClock()
    disruptor: Disruptor[Order] = Disruptor(Order, 1, host=clock)
    entered, let_go = threading.Event(), threading.Event()

    def block(order: Order, sequence: int, end_of_batch: bool) -> None:
        entered.set()
        assert let_go.wait(PATIENCE)

    disruptor.handle_events_with(block)
    with disruptor:
        disruptor.publish_event(fill, 1)
        assert entered.wait(PATIENCE)

        def publish() -> None:
            disruptor.publish_event(fill, 2, timeout=3600)

        with pytest.raises(ClaimTimeoutError), Background(publish) as publisher:
            while publisher.error is None and clock.now < 10_000:
                clock.advance(100)
                clock.sleep(0.001)
        let_go.set()


def test_a_wait_strategy_times_out_when_the_clock_says_so() -> None:
    clock, timed_out = FakeClock(), threading.Event()

    class Handler:
        def on_event(self, order: Order, sequence: int, end_of_batch: bool) -> None: ...

        def on_timeout(self, sequence: int) -> None:
            timed_out.set()

    strategy = TimeoutBlockingWaitStrategy(60.0, host=clock)
    disruptor: Disruptor[Order] = Disruptor(Order, 4, wait_strategy=strategy, host=clock)
    disruptor.handle_events_with(Handler())
    with disruptor:
        clock.wait_for_sleepers()
        assert not timed_out.is_set()
        clock.advance(60)
        assert timed_out.wait(PATIENCE)


def test_a_retry_comes_when_the_clock_says_so() -> None:
    clock, attempts = FakeClock(), list[float]()

    def handle(number: int) -> None:
        attempts.append(clock.now)
        if len(attempts) < 3:
            raise ValueError("not yet")

    policy = RetryPolicy(max_attempts=3, delay=30.0, factor=2.0, max_delay=100.0, jitter=0.0)
    pipeline = Pipeline(Retry(policy))
    with RingBufferEventBus(8, host=clock, pipeline=pipeline) as bus:
        bus.subscribe(int, handle)
        bus.publish_sync(1)
        for delay in (30, 60):
            clock.wait_for_sleepers()
            clock.advance(delay)
        drain(bus)
    assert attempts == [0.0, 30.0, 90.0]


@pytest.mark.parametrize("mode", QueueMode)
def test_a_lock_of_a_message_times_out_when_the_clock_says_so(mode: QueueMode) -> None:
    clock, given = FakeClock(), list[LockedDelivery]()
    came_again = threading.Event()

    def keep(delivery: LockedDelivery) -> None:
        given.append(delivery)
        if len(given) == 2:
            delivery.ack()
            came_again.set()

    queue = create_queue(InMemoryQueueOptions(mode, 4), host=clock)
    with queue:
        queue.add_consumer(keep, acknowledgement=Acknowledgement(lock_timeout=600.0))
        queue.enqueue_sync(TransportEnvelope("order", b""))
        clock.wait_for_sleepers()
        clock.advance(600)
        assert came_again.wait(PATIENCE)
        drain(queue)


def test_a_stall_is_reported_when_the_clock_says_so() -> None:
    clock, let_go, entered = FakeClock(), threading.Event(), threading.Event()

    def block(order: Order, sequence: int, end_of_batch: bool) -> None:
        entered.set()
        assert let_go.wait(PATIENCE)

    disruptor: Disruptor[Order] = Disruptor(Order, 4, host=clock)
    disruptor.handle_events_with(block)
    detector = StallDetector(disruptor, after=300.0, host=clock)
    with disruptor:
        disruptor.publish_event(fill, 1)
        assert entered.wait(PATIENCE)
        assert not detector.look()
        clock.advance(300)
        assert len(detector.look()) == 1
        let_go.set()
