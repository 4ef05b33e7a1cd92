"""Handlers that fail: counted, logged, reported to waiting publishers; then they continue."""

import asyncio
import logging
import threading
from collections.abc import Callable

import pytest

from ringbuffer import ProducerThreadError
from ringbuffer.host import Thread
from ringbuffer.messaging import ProducerMode
from ringbuffer.messaging.bus import RingBufferEventBus
from ringbuffer.messaging.pipeline import Pipeline, RetryPolicy
from ringbuffer.processors import RewindBatch
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE, Background
from tests.unit.messaging.bus.kit import Event, Held, MakeBus, Recorder, both, fail


@both
def test_a_failing_handler_stops_neither_itself_nor_others(
    make_bus: MakeBus, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(event: Event) -> None:
        if event.number % 2:
            raise ValueError(event.number)

    good, bad = Recorder(), Recorder(odd)
    with make_bus() as bus:
        bus.subscribe(Event, good, name="good")
        bus.subscribe(Event, bad, name="bad")
        for number in range(50):
            bus.publish_sync(Event(number), timeout=PATIENCE)
    assert good.numbers == bad.numbers == list(range(50))
    handlers = bus.metrics().handlers
    assert (handlers["good"].handled, handlers["good"].failed) == (50, 0)
    assert (handlers["bad"].handled, handlers["bad"].failed) == (25, 25)
    assert sum(record.levelno == logging.ERROR for record in caplog.records) == 25


@both
@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, StopIteration, RewindBatch, GeneratorExit]
)
def test_nothing_that_a_handler_raises_ends_its_thread(
    make_bus: MakeBus, error: type[BaseException]
) -> None:
    def handler(event: Event) -> None:
        if event.number == 0:
            raise error

    recorder = Recorder(handler)
    with make_bus() as bus:
        bus.subscribe(Event, recorder)
        found = bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).errors["Recorder"]
        # As in a generator, StopIteration is the cause of a RuntimeError
        assert error in (type(found), type(found.__cause__))
        bus.publish_sync(Event(0))
        assert bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).ok
    assert recorder.numbers == [0, 0, 1]


@both
def test_a_coroutine_function_that_fails_or_is_cancelled_from_inside_goes_on(
    make_bus: MakeBus,
) -> None:
    async def handler(event: Event) -> None:
        if event.number == 0:
            raise ValueError
        if event.number == 1:
            raise asyncio.CancelledError

    with make_bus() as bus:
        bus.subscribe(Event, handler)
        errors = [
            bus.publish_sync(Event(number), wait=True, timeout=PATIENCE).errors
            for number in range(3)
        ]
        assert [[type(each) for each in error.values()] for error in errors] == [
            [ValueError],
            [asyncio.CancelledError],
            [],
        ]
        metrics = bus.metrics().handlers["handler"]
    assert (metrics.handled, metrics.failed) == (1, 2)


@both
def test_a_coroutine_that_would_never_be_awaited_is_an_error(make_bus: MakeBus) -> None:
    async def coroutine(event: Event) -> None: ...

    with make_bus() as bus:
        bus.subscribe(Event, lambda event: coroutine(event), name="hidden")
        bus.publish_sync(Event(1))
        result = bus.publish_sync(Event(2), wait=True, timeout=PATIENCE)
        assert "Pass the coroutine function itself" in str(result.errors["hidden"])
        assert bus.metrics().handlers["hidden"].failed == 2


@both
def test_a_stuck_handler_is_reported_at_the_end(make_bus: MakeBus) -> None:
    gate = threading.Event()
    held = Recorder(lambda event: gate.wait(PATIENCE))
    bus = make_bus()
    bus.subscribe(Event, held, name="stuck")
    fine = Recorder()
    bus.subscribe(Event, fine, name="fine")
    bus.publish_sync(Event(1))
    bus.publish_sync(Event(2))
    held.wait_for(1)
    fine.wait_for(2)
    report = bus.close(timeout=0.05)
    assert report.still_running == ("stuck",)
    assert set(report.unhandled) == {"stuck"}
    assert not report.is_complete
    gate.set()


class NoThreads(ForwardingHost):
    """Starts no thread while `refuses`."""

    refuses = False

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        if self.refuses:
            raise RuntimeError("can't start new thread")
        return super().start_thread(target, name)


@both
def test_a_handler_whose_thread_cannot_be_started_is_not_subscribed_and_stops_no_publisher(
    make_bus: MakeBus,
) -> None:
    host, handler = NoThreads(), Recorder()
    with make_bus(4, host=host) as bus:
        bus.subscribe(Event, handler)
        host.refuses = True
        with pytest.raises(RuntimeError, match="new thread"):
            bus.subscribe(Event, Recorder(), name="late")
        host.refuses = False
        assert [each.name for each in bus.subscriptions] == ["Recorder"]
        for number in range(20):
            bus.publish_sync(Event(number), timeout=PATIENCE)
    assert handler.numbers == list(range(20))


@both
def test_a_retry_without_a_thread_to_wait_for_it_has_failed(make_bus: MakeBus) -> None:
    host = NoThreads()
    with make_bus(pipeline=Pipeline().use_retry(RetryPolicy(3, delay=10)), host=host) as bus:
        bus.subscribe(Event, fail)
        host.refuses = True
        result = bus.publish_sync(Event(1), wait=True, timeout=PATIENCE)
        host.refuses = False
        assert isinstance(result.errors["fail"], RuntimeError)
        assert bus.metrics().handlers["fail"].failed == 1


@both
def test_a_retry_that_finds_no_room_comes_again(make_bus: MakeBus) -> None:
    held = Held()
    seen: list[int] = []

    def fragile(event: Event) -> None:
        seen.append(event.number)
        if seen.count(event.number) == 1 and event.number == 0:
            raise OSError

    bus = make_bus(2, pipeline=Pipeline().use_retry(RetryPolicy(2, delay=0.001)))
    bus.subscribe(Event, held, name="held", pipeline=Pipeline())
    bus.subscribe(Event, fragile)
    number = 0
    while number < 2 or bus.try_publish(Event(number)):
        if number < 2:
            bus.publish_sync(Event(number))
        number += 1
    held.gate.set()
    assert bus.close().is_complete
    assert sorted(seen) == [0, *range(number)]


def test_a_ring_bus_says_what_is_wrong_with_its_arguments() -> None:
    with pytest.raises(ValueError, match="power of two"):
        RingBufferEventBus(100)
    with pytest.raises(TypeError, match="WaitStrategyKind"):
        RingBufferEventBus(wait_strategy="busy")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ProducerMode"):
        RingBufferEventBus(producer_mode="many")  # type: ignore[arg-type]


def test_the_single_publisher_may_give_the_production_away_and_take_it_back() -> None:
    recorder = Recorder()
    with RingBufferEventBus(8, producer_mode=ProducerMode.SINGLE) as bus:
        bus.subscribe(Event, recorder)
        bus.publish_sync(Event(0), timeout=PATIENCE)
        bus.ring.producer().release()
        bus.publish_sync(Event(1), timeout=PATIENCE)
        bus.ring.producer().release()
        Background(lambda: bus.publish_sync(Event(2), timeout=PATIENCE)).start().join()
        bus.publish_sync(Event(3), timeout=PATIENCE)  # that thread has ended
        there, go = threading.Event(), threading.Event()

        def hold() -> None:
            bus.publish_sync(Event(4), timeout=PATIENCE)
            there.set()
            assert go.wait(PATIENCE)

        bus.ring.producer().release()
        other = Background(hold).start()
        assert there.wait(PATIENCE)
        with pytest.raises(ProducerThreadError, match="single producer"):
            bus.publish_sync(Event(5), timeout=PATIENCE)
        go.set()
        other.join()
    assert recorder.numbers == [0, 1, 2, 3, 4]
