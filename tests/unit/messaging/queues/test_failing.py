"""In both queues: handlers that fail, and objects that are not handlers."""

import asyncio
import logging
import sys
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope
from tests.support.threads import PATIENCE
from tests.unit.messaging.queues.kit import Make, Notes, message, number_of, put, wait_until


def test_a_failing_handler_is_logged_and_counted_and_the_queue_goes_on(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    queue, notes = make(), Notes()

    def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        if number_of(envelope) % 2:
            raise LookupError(f"odd: {number_of(envelope)}")

    consumer = queue.add_consumer(handle)
    put(queue, *range(6))
    notes.wait_for(6)
    wait_until(lambda: consumer.failed == 3)
    assert queue.failed == 3
    assert [record.name for record in caplog.records] == ["ringbuffer.messaging"] * 3
    assert "LookupError: odd: 5" in caplog.text
    assert "consumer 'queue #1' failed on message" in caplog.text
    queue.remove_consumer(consumer, PATIENCE)
    assert queue.failed == 3, "what a consumer has failed on counts when it is gone"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_not_even_an_exit_stops_a_consumer(make: Make, error: BaseException) -> None:
    queue, notes = make(), Notes()

    def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        raise error

    consumer = queue.add_consumer(handle)
    put(queue, 0, 1)
    notes.wait_for(2)
    wait_until(lambda: consumer.failed == 2)
    assert consumer.is_alive


def test_a_plain_function_that_returns_a_coroutine_has_failed(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    queue = make()

    async def handle(envelope: TransportEnvelope) -> None:
        raise AssertionError("it is never awaited")

    queue.add_consumer(lambda envelope: handle(envelope))
    put(queue, 0)
    wait_until(lambda: queue.failed == 1)
    assert "returned a coroutine that no task awaits" in caplog.text
    assert "Pass the coroutine function itself" in caplog.text


class Handles:
    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def handle(self, envelope: TransportEnvelope) -> None:
        self._notes(envelope)


class HandlesInALoop(Handles):
    async def handle(self, envelope: TransportEnvelope) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().handle(envelope)


@pytest.mark.parametrize("kind", [Handles, HandlesInALoop])
def test_an_object_with_a_method_handle_is_a_handler(make: Make, kind: type[Handles]) -> None:
    queue, notes = make(), Notes()
    consumer = queue.add_consumer(handler := kind(notes))
    assert consumer.handler is handler
    put(queue, 0, 1)
    assert notes.wait_for(2) == [0, 1]


def test_a_message_is_enqueued_only_if_there_is_capacity_now(make: Make) -> None:
    queue = make(2)
    assert [queue.try_enqueue(message(number)) for number in range(3)] == [True, True, None]
    queue.close()
    assert queue.try_enqueue(message(3)) is False


def test_what_a_handler_returns_is_ignored(make: Make) -> None:
    queue, notes = make(), Notes()

    def handle(envelope: TransportEnvelope) -> str:
        notes(envelope)
        return "something"

    queue.add_consumer(handle)
    put(queue, 0, 1)
    notes.wait_for(2)
    queue.close()
    assert queue.failed == 0


class TwoArguments:
    def __call__(self, envelope: TransportEnvelope, more: object) -> None: ...


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (None, "is not a handler: it must be a function of one message"),
        ("text", "is not a handler"),
        (Notes, "is a class: pass an object of it"),
        (lambda: None, "must take 1 argument"),
        (TwoArguments(), "must take 1 argument"),
    ],
)
def test_an_object_that_is_not_a_handler_is_refused_and_no_thread_is_started(
    make: Make, wrong: Any, says: str
) -> None:
    queue = make()
    with pytest.raises(TypeError, match=says):
        queue.add_consumer(wrong)
    assert queue.consumers == ()


def test_a_generator_function_is_refused_since_calling_it_does_nothing(make: Make) -> None:
    def handle(envelope: TransportEnvelope) -> Any:
        yield envelope

    with pytest.raises(TypeError, match="generator function"):
        make().add_consumer(handle)


def test_a_thread_that_cannot_be_started_leaves_no_consumer(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, notes = make(), Notes()
    consumers: Any = queue._consumers  # type: ignore[attr-defined]
    host = consumers._host

    class NoThreads:
        def __getattr__(self, name: str) -> Any:
            return getattr(host, name)

        def start_thread(self, target: object, name: str) -> None:
            raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(consumers, "_host", NoThreads())
        with pytest.raises(RuntimeError, match="can't start new thread"):
            queue.add_consumer(notes)
    assert queue.consumers == ()
    queue.add_consumer(notes)
    put(queue, 0, 1)
    assert notes.wait_for(2) == [0, 1], "the consumer that never ran does not lead"


def test_the_queue_keeps_no_message_alive(make: Make) -> None:
    queue, notes = make(4), Notes()

    def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        # Before the marker comes: what pytest captures keeps the error, and that its frames
        if number_of(envelope) == 2:
            raise ValueError("this one fails")

    queue.add_consumer(handle)
    put(queue, 0, 1, 2)
    notes.wait_for(3)
    marker = object()
    before = sys.getrefcount(marker)
    for number in range(3, 43):
        assert queue.enqueue_sync(message(number).with_header("marker", marker), timeout=PATIENCE)
    notes.wait_for(43)
    wait_until(lambda: sys.getrefcount(marker) == before)


def test_nor_does_a_consumer_that_awaits(make: Make) -> None:
    queue, notes = make(4), Notes()

    async def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)

    queue.add_consumer(handle)
    put(queue, 0)
    notes.wait_for(1)
    marker = object()
    before = sys.getrefcount(marker)
    for number in range(1, 40):
        assert queue.enqueue_sync(message(number).with_header("marker", marker), timeout=PATIENCE)
    notes.wait_for(40)
    wait_until(lambda: sys.getrefcount(marker) == before)


def test_what_is_discarded_is_not_kept_alive_either(make: Make) -> None:
    queue = make(4)
    marker = object()
    before = sys.getrefcount(marker)
    for number in range(4):
        queue.enqueue_sync(message(number).with_header("marker", marker))
    assert sys.getrefcount(marker) > before
    assert queue.close().discarded == 4
    assert sys.getrefcount(marker) == before


@pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
def test_a_log_filter_that_raises_ends_no_consumer(make: Make, is_async: bool) -> None:
    def refuse(record: logging.LogRecord) -> bool:
        raise ValueError("a filter that fails")

    queue, notes = make(), Notes()

    def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        raise OSError

    async def handle_async(envelope: TransportEnvelope) -> None:
        handle(envelope)

    log = logging.getLogger("ringbuffer.messaging")
    log.addFilter(refuse)
    try:
        consumer = queue.add_consumer(handle_async if is_async else handle)
        put(queue, *range(20))
        notes.wait_for(20)
        wait_until(lambda: consumer.failed == 20)
        assert consumer.is_alive
    finally:
        log.removeFilter(refuse)
