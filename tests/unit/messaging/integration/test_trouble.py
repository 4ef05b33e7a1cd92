"""Failures, retries, dead letters, full queues and buses, and parts that join, leave and close."""

import asyncio
import threading
from typing import Any

import pytest

from ringbuffer.errors import ClaimTimeoutError
from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.bus import BusClosedError
from ringbuffer.messaging.pipeline import Pipeline, RetryPolicy, current_delivery
from tests.support.manual_host import ManualHost
from tests.support.threads import PATIENCE, Background
from tests.unit.messaging.bus.kit import Held, Recorder
from tests.unit.messaging.integration.kit import Placed, System, message, number_of, wait_until


def publisher(bus: Any) -> Any:
    """A consumer's handler that publishes what it gets."""
    return lambda envelope: bus.publish_sync(Placed(number_of(envelope)), timeout=PATIENCE)


def failing_on(*numbers: int) -> Any:
    def handler(item: Any) -> None:
        number = number_of(item) if isinstance(item, TransportEnvelope) else item.number
        if number in numbers:
            raise OSError(number)

    return handler


def test_a_consumer_that_fails_goes_on_and_the_message_is_kept(system: System) -> None:
    queue, recorder = system.queue(), Recorder(failing_on(3))
    queue.add_consumer(system.consumer(recorder))
    for number in range(6):
        queue.enqueue_sync(message(number))
    system.finish()
    # Tried twice, on the spot
    assert [number_of(envelope) for envelope in recorder.seen] == [0, 1, 2, 3, 3, 4, 5]
    (letter,) = system.letters.list()
    assert (letter.handler, letter.attempts, letter.error_type) == ("consumer", 2, "OSError")
    assert isinstance(letter.message, TransportEnvelope)
    assert queue.failed == 0  # the pipeline has kept it, so to the queue it is handled


def test_a_dead_letter_of_a_consumer_is_replayed_to_the_consumer(system: System) -> None:
    queue, bus, got = system.queue(), system.bus(), Recorder()
    is_broken = threading.Event()
    is_broken.set()

    def publish(envelope: TransportEnvelope) -> None:
        if is_broken.is_set():
            raise ConnectionError
        bus.publish_sync(Placed(number_of(envelope)))

    bus.subscribe(Placed, got)
    queue.add_consumer(system.consumer(publish))
    for number in range(5):
        queue.enqueue_sync(message(number))
    wait_until(bus, lambda: len(system.letters) == 5)
    is_broken.clear()
    assert system.letters.replay() == 5
    got.wait_for(5)
    system.finish()
    assert got.numbers == list(range(5))
    assert len(system.letters) == 0


def test_a_handler_of_the_bus_that_fails_does_not_disturb_the_queue(system: System) -> None:
    queue, bus, good = system.queue(), system.bus(pipeline=system.pipeline()), Recorder()
    bus.subscribe(Placed, good, name="good")
    bus.subscribe(Placed, failing_on(*range(10)), name="bad")
    queue.add_consumer(system.consumer(publisher(bus)))
    for number in range(10):
        queue.enqueue_sync(message(number))
    system.finish()
    assert good.numbers == list(range(10))
    assert system.metrics.of("consumer").failed == 0
    assert sorted((letter.handler, letter.message.number) for letter in system.letters.list()) == [  # type: ignore[attr-defined]
        ("bad", number) for number in range(10)
    ]


def test_a_consumer_that_waits_for_the_handlers_fails_with_them(system: System) -> None:
    queue, bus = system.queue(), system.bus()
    bus.subscribe(Placed, failing_on(3), name="fragile")

    def publish(envelope: TransportEnvelope) -> None:
        bus.publish_sync(Placed(number_of(envelope)), wait=True, timeout=PATIENCE).raise_errors()

    queue.add_consumer(system.consumer(publish, system.pipeline(RetryPolicy(1))))
    for number in range(6):
        queue.enqueue_sync(message(number))
    system.finish()
    (letter,) = system.letters.list()
    assert isinstance(letter.message, TransportEnvelope)
    assert number_of(letter.message) == 3
    assert isinstance(letter.error, ExceptionGroup)


def test_what_is_not_valid_is_never_published(system: System) -> None:
    queue, bus, got = system.queue(), system.bus(), Recorder()
    bus.subscribe(Placed, got)
    stages = system.pipeline(
        validators={TransportEnvelope: lambda envelope: number_of(envelope) % 2 == 0}
    )
    queue.add_consumer(system.consumer(publisher(bus), stages))
    for number in range(10):
        queue.enqueue_sync(message(number))
    system.finish()
    assert got.numbers == [0, 2, 4, 6, 8]
    assert {letter.error_type for letter in system.letters.list()} == {"ValidationError"}
    assert [letter.attempts for letter in system.letters.list()] == [1] * 5


def test_one_queue_of_dead_letters_serves_consumers_and_handlers(system: System) -> None:
    queue, bus = system.queue(), system.bus(pipeline=system.pipeline())

    def publish(envelope: TransportEnvelope) -> None:
        failing_on(1)(envelope)
        bus.publish_sync(Placed(number_of(envelope)))

    bus.subscribe(Placed, failing_on(2), name="handler")
    queue.add_consumer(system.consumer(publish))
    for number in range(4):
        queue.enqueue_sync(message(number))
    system.finish()
    assert sorted(letter.handler for letter in system.letters.list()) == ["consumer", "handler"]
    assert system.letters.discard() == 2
    assert len(system.letters) == 0


# -- retries that wait ----------------------------------------------------------------------------


def later(attempts: int = 3) -> RetryPolicy:
    return RetryPolicy(attempts, delay=10, jitter=0)


def failing_once() -> Any:
    tried: set[int] = set()

    def handler(item: Any) -> None:
        number = number_of(item) if isinstance(item, TransportEnvelope) else item.number
        if number % 2 == 0 and number not in tried:
            tried.add(number)
            raise OSError(number)

    return handler


def test_a_consumer_goes_on_while_a_message_waits_for_its_retry(system: System) -> None:
    host = system.host = ManualHost()
    queue, bus, recorder = system.queue(), system.bus(), Recorder(failing_once())
    consumer = system.consumer(recorder, system.pipeline(later()))
    queue.add_consumer(consumer)
    for number in range(4):
        queue.enqueue_sync(message(number))
    recorder.wait_for(4)
    wait_until(bus, lambda: consumer.returning == 2)
    assert [number_of(each) for each in recorder.seen] == [0, 1, 2, 3]
    host.advance(10)
    recorder.wait_for(6)
    wait_until(bus, lambda: consumer.returning == 0)
    system.finish()
    assert [number_of(each) for each in recorder.seen[4:]] == [0, 2]


def test_a_coroutine_function_that_consumes_is_retried_in_its_loop(system: System) -> None:
    host = system.host = ManualHost()
    queue, bus, recorder, fragile = system.queue(), system.bus(), Recorder(), failing_once()

    async def handle(envelope: TransportEnvelope) -> None:
        await asyncio.sleep(0)
        recorder(envelope)
        fragile(envelope)

    consumer = system.async_consumer(handle, system.pipeline(later()))
    queue.add_consumer(consumer)
    for number in range(4):
        queue.enqueue_sync(message(number))
    recorder.wait_for(4)
    wait_until(bus, lambda: consumer.returning == 2)
    host.advance(10)
    recorder.wait_for(6)
    wait_until(bus, lambda: system.metrics.of("consumer").succeeded == 4)
    system.finish()
    assert sorted(number_of(each) for each in recorder.seen[4:]) == [0, 2]


def test_a_handler_of_the_bus_is_retried_while_the_queue_goes_on(system: System) -> None:
    host = system.host = ManualHost()
    queue, recorder = system.queue(), Recorder(failing_once())
    bus = system.bus(pipeline=system.pipeline(later()))
    bus.subscribe(Placed, recorder)
    queue.add_consumer(publisher(bus))
    for number in range(4):
        queue.enqueue_sync(message(number))
    wait_until(bus, lambda: bus.metrics().handlers["Recorder"].retried == 2)
    recorder.wait_for(4)
    host.advance(10)
    system.finish()
    assert recorder.numbers == [0, 1, 2, 3, 0, 2]
    assert len(system.letters) == 0


def test_a_retry_belongs_to_the_same_conversation(system: System) -> None:
    host = system.host = ManualHost()
    queue, bus = system.queue(), system.bus(pipeline=system.pipeline(later()))
    fragile, found = failing_once(), []

    def handle(event: Placed) -> None:
        current = current_delivery()
        assert current is not None
        found.append((current.attempt, current.identity))
        fragile(event)

    bus.subscribe(Placed, handle)
    queue.add_consumer(system.consumer(publisher(bus)))
    queue.enqueue_sync(message(0, correlation_id="request 7"))
    wait_until(bus, lambda: bus.metrics().handlers["handle"].retried == 1)
    host.advance(10)
    system.finish()
    (first, identity), (second, same) = found
    assert (first, second) == (1, 2)
    assert identity is same
    assert identity is not None
    assert identity.correlation_id == "request 7"


def test_what_still_waits_for_a_retry_at_the_end_is_kept(system: System) -> None:
    system.host = ManualHost()
    queue, bus = system.queue(), system.bus()
    consumer = system.consumer(failing_on(1), system.pipeline(later()))
    queue.add_consumer(consumer)
    queue.enqueue_sync(message(1))
    wait_until(bus, lambda: consumer.returning == 1)
    queue.close(timeout=PATIENCE)
    assert consumer.close(PATIENCE) == 1
    (letter,) = system.letters.list()
    assert (letter.attempts, letter.error_type) == (1, "OSError")
    with pytest.raises(Exception, match="closed"):
        system.letters.replay()
    assert len(system.letters) == 1


# -- no room --------------------------------------------------------------------------------------


def test_a_slow_handler_is_felt_at_the_queue_and_nothing_is_lost(system: System) -> None:
    queue, bus, held = system.queue(4), system.bus(4), Held()
    bus.subscribe(Placed, held)
    queue.add_consumer(publisher(bus))
    sent = 0
    while True:
        try:
            queue.enqueue_sync(message(sent), 0.05)
        except TimeoutError:
            break
        sent += 1
    assert sent >= 8
    held.gate.set()
    queue.enqueue_sync(message(sent), PATIENCE)
    system.finish()
    assert held.numbers == list(range(sent + 1))


def test_a_consumer_that_finds_the_bus_full_may_come_back_later(system: System) -> None:
    host = system.host = ManualHost()
    queue, bus, held = system.queue(64), system.bus(4), Held()
    bus.subscribe(Placed, held)

    def publish(envelope: TransportEnvelope) -> None:
        if not bus.try_publish(Placed(number_of(envelope))):
            raise ClaimTimeoutError("the bus is full")

    consumer = system.consumer(publish, system.pipeline(later(50)))
    queue.add_consumer(consumer)
    for number in range(20):
        queue.enqueue_sync(message(number))
    wait_until(bus, lambda: consumer.returning > 0 and queue.depth == 0)
    held.gate.set()
    while len(held.seen) < 20:
        host.advance(60)
        wait_until(bus, lambda: bus._closer.is_quiet())
    system.finish()
    assert sorted(held.numbers) == list(range(20))


# -- parts that come and go -----------------------------------------------------------------------


def test_a_handler_that_comes_late_gets_the_rest_and_one_that_goes_gets_the_beginning(
    system: System,
) -> None:
    queue, bus = system.queue(), system.bus()
    whole, beginning, rest = Recorder(), Recorder(), Recorder()
    bus.subscribe(Placed, whole)
    first = bus.subscribe(Placed, beginning)
    queue.add_consumer(publisher(bus))
    for number in range(100):
        queue.enqueue_sync(message(number), PATIENCE)
        if number == 50:
            whole.wait_for(51)
            assert first.unsubscribe(timeout=PATIENCE)
            bus.subscribe(Placed, rest)
    system.finish()
    assert whole.numbers == list(range(100))
    assert beginning.numbers == list(range(51))
    assert rest.numbers == list(range(51, 100))


def test_consumers_come_and_go_and_the_bus_gets_everything(system: System) -> None:
    queue, bus, got = system.queue(16), system.bus(16), Recorder()
    bus.subscribe(Placed, got)

    def send() -> None:
        for number in range(300):
            queue.enqueue_sync(message(number), PATIENCE)

    with Background(send):
        for _ in range(10):
            consumer = queue.add_consumer(publisher(bus))
            assert queue.remove_consumer(consumer, PATIENCE)
        queue.add_consumer(publisher(bus))
    system.finish()
    assert sorted(got.numbers) == list(range(300))


def test_when_the_bus_is_closed_first_the_messages_are_kept(system: System) -> None:
    queue, bus, got = system.queue(), system.bus(), Recorder()
    bus.subscribe(Placed, got)
    queue.add_consumer(system.consumer(publisher(bus)))
    queue.enqueue_sync(message(0))
    got.wait_for(1)
    bus.close()
    for number in range(1, 4):
        queue.enqueue_sync(message(number))
    assert queue.close(timeout=PATIENCE).discarded == 0
    assert [type(letter.error) for letter in system.letters.list()] == [BusClosedError] * 3


def test_a_queue_that_is_not_drained_and_what_the_bus_got_make_up_everything(
    system: System,
) -> None:
    queue, bus, got, held = system.queue(64), system.bus(), Recorder(), threading.Event()
    bus.subscribe(Placed, got)

    def publish(envelope: TransportEnvelope) -> None:
        publisher(bus)(envelope)
        if number_of(envelope) == 9:
            held.wait(PATIENCE)

    queue.add_consumer(publish)
    for number in range(40):
        queue.enqueue_sync(message(number))
    got.wait_for(10)
    with Background(lambda: queue.close(drain=False)) as closing:
        wait_until(bus, lambda: queue.is_closed and queue.depth == 0)
        held.set()
    assert bus.close().is_complete
    report: Any = closing.result
    assert len(got.seen) + report.discarded == 40
    assert got.numbers == list(range(len(got.seen)))


def test_a_bus_without_a_pipeline_behind_a_consumer_with_one(system: System) -> None:
    queue, bus = system.queue(), system.bus()
    bus.subscribe(Placed, failing_on(1), name="plain")
    queue.add_consumer(system.consumer(publisher(bus), Pipeline()))
    for number in range(3):
        queue.enqueue_sync(message(number))
    system.finish()
    assert (bus.metrics().handlers["plain"].handled, bus.metrics().handlers["plain"].failed) == (
        2,
        1,
    )


def test_a_consumer_whose_pipeline_keeps_nothing_fails_to_the_queue(system: System) -> None:
    queue = system.queue()
    queue.add_consumer(system.consumer(failing_on(1, 2), Pipeline().use_correlation()))
    for number in range(4):
        queue.enqueue_sync(message(number))
    system.finish()
    assert queue.failed == 2
