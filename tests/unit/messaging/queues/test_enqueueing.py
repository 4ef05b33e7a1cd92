"""Producers: room, waiting, refusals; the same in both queues."""

import asyncio
import threading

import pytest

from ringbuffer.messaging import TransportEnvelope
from tests.support.threads import PATIENCE, Background
from tests.unit.messaging.queues.kit import Held, Make, Notes, message, number_of, put, wait_until


def test_it_says_how_many_wait_and_how_many_ever_came(make: Make) -> None:
    queue, held = make(8), Held()
    assert (queue.buffer_size, queue.depth, queue.message_count) == (8, 0, 0)
    put(queue, *range(5))
    assert (queue.depth, queue.message_count) == (5, 5)
    queue.add_consumer(held)
    held.wait_begun()
    # One is handled: it does not wait
    assert (queue.depth, queue.message_count, queue.dropped) == (4, 5, 0)
    held.let_go.set()
    wait_until(lambda: len(held.numbers) == 5)
    assert (queue.depth, queue.message_count) == (0, 5)


def test_a_full_queue_refuses_in_time_and_nothing_is_enqueued(make: Make) -> None:
    queue, notes = make(4), Notes()
    put(queue, 0, 1, 2, 3)
    for timeout in (0, 0.01, -1):
        with pytest.raises(
            TimeoutError,
            match=r"no room in the queue 'queue' of 4 messages within .* nothing was enqueued",
        ):
            queue.enqueue_sync(message(99), timeout=timeout)
    assert (queue.depth, queue.message_count) == (4, 4)
    queue.add_consumer(notes)
    notes.wait_for(4)
    put(queue, 4)
    assert notes.wait_for(5) == [0, 1, 2, 3, 4]


def test_the_message_that_is_handled_takes_no_room(make: Make) -> None:
    queue, held = make(1), Held()
    queue.add_consumer(held)
    put(queue, 0)
    held.wait_begun()
    put(queue, 1)
    with pytest.raises(TimeoutError):
        queue.enqueue_sync(message(2), timeout=0)
    held.let_go.set()


def test_a_producer_that_waits_goes_on_when_there_is_room(make: Make) -> None:
    queue, notes = make(2), Notes()
    put(queue, 0, 1)
    with Background(lambda: put(queue, *range(2, 50))):
        queue.add_consumer(notes)
        assert notes.wait_for(50) == list(range(50))


def test_false_comes_only_after_the_close(make: Make) -> None:
    queue = make(2)
    assert queue.enqueue_sync(message(0)) is True
    assert not queue.is_closed
    queue.close(timeout=0)
    assert queue.is_closed
    assert queue.enqueue_sync(message(1)) is False
    assert queue.sender()(message(1)) is False
    assert queue.message_count == 1


def test_a_waiting_producer_gets_false_when_the_queue_is_closed(make: Make) -> None:
    queue = make(1)
    put(queue, 0)
    begun = threading.Event()

    def wait() -> bool:
        begun.set()
        return queue.enqueue_sync(message(1))

    with Background(wait) as waiting:
        begun.wait(PATIENCE)
        assert queue.close(drain=False).discarded == 1
    assert waiting.result is False
    assert queue.message_count == 1


def test_a_sender_is_a_threads_own_way_to_enqueue(make: Make) -> None:
    queue, notes = make(4), Notes()
    send = queue.sender()
    for number in range(4):
        assert send(message(number)) is True
    with pytest.raises(TimeoutError, match="within 0 s"):
        send(message(4), timeout=0)
    queue.add_consumer(notes)
    assert notes.wait_for(4) == list(range(4))


@pytest.mark.parametrize("wrong", [None, b"body", "text", 7, TransportEnvelope])
def test_only_envelopes_are_enqueued(make: Make, wrong: object) -> None:
    queue = make()
    for enqueue in (queue.enqueue_sync, queue.sender()):
        with pytest.raises(TypeError, match="is not a TransportEnvelope"):
            enqueue(wrong)  # type: ignore[arg-type]
    assert queue.message_count == 0


def test_an_envelope_of_a_class_of_ones_own_is_one(make: Make) -> None:
    class Mine(TransportEnvelope):
        pass

    queue = make()
    assert queue.enqueue_sync(Mine("mine"))


@pytest.mark.parametrize("wrong", ["1", True, float("nan")])
def test_a_timeout_is_a_number_of_seconds(make: Make, wrong: object) -> None:
    queue = make(1)
    for _ in range(2):  # whether there is room or not
        with pytest.raises((TypeError, ValueError), match="timeout must be a number of seconds"):
            queue.enqueue_sync(message(1), timeout=wrong)  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError), match="timeout must be a number of seconds"):
            asyncio.run(queue.enqueue(message(1), timeout=wrong))  # type: ignore[arg-type]
        if not queue.depth:
            put(queue, 0)
    assert queue.message_count == 1


def test_a_handler_may_enqueue_into_the_queue_that_it_takes_from(make: Make) -> None:
    queue, notes = make(4), Notes()

    def handle(envelope: TransportEnvelope) -> None:
        number = number_of(envelope)
        notes.note(number)
        if number < 100:
            put(queue, number + 1)

    queue.add_consumer(handle)
    put(queue, 0)
    assert notes.wait_for(101) == list(range(101))


def test_a_handler_that_waits_for_room_that_only_itself_could_make_gets_an_error(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    queue = make(2)
    ready = threading.Event()

    def handle(envelope: TransportEnvelope) -> None:
        ready.wait(PATIENCE)
        if number_of(envelope) == 0:
            queue.enqueue_sync(message(9))

    queue.add_consumer(handle)
    put(queue, 0, 1, 2)
    ready.set()
    wait_until(lambda: queue.depth == 0 and queue.failed == 1)
    assert (
        "DeadlockError: the handlers of all 1 consumers of the queue 'queue' wait for room"
        in caplog.text
    )
    assert queue.message_count == 3


def test_while_another_consumer_makes_room_a_handler_may_wait_for_it(make: Make) -> None:
    queue, held = make(2), Held()
    notes = Notes()

    def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        if number_of(envelope) == 0:
            put(queue, 9)

    def enqueue() -> None:
        held.wait_begun()
        queue.add_consumer(handle)
        put(queue, *range(5))

    with Background(enqueue):
        queue.add_consumer(held)
        put(queue, 100)
        wait_until(lambda: queue.message_count >= 4)
        held.let_go.set()
    wait_until(lambda: sorted(notes.numbers + held.numbers) == [0, 1, 2, 3, 4, 9, 100])
    assert queue.failed == 0


def test_a_handler_whose_wait_has_a_limit_is_refused_in_time(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    queue = make(1)
    ready = threading.Event()

    def handle(envelope: TransportEnvelope) -> None:
        ready.wait(PATIENCE)
        if number_of(envelope) == 0:
            with pytest.raises(TimeoutError):
                queue.enqueue_sync(message(9), timeout=0)
            with pytest.raises(TimeoutError):
                queue.enqueue_sync(message(9), timeout=0.01)

    queue.add_consumer(handle)
    put(queue, 0, 1)
    ready.set()
    wait_until(lambda: queue.depth == 0)
    queue.close()
    assert queue.failed == 0, caplog.text
