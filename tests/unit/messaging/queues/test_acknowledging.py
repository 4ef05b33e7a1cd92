"""Consumers that answer each message: both modes of a queue."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from ringbuffer.messaging import (
    Acknowledgement,
    Consumer,
    ConsumerClosedError,
    DeadLetterQueue,
    InMemoryQueue,
    LockedDelivery,
    TransportEnvelope,
)
from tests.support.short_system import resources, wait_for_resources
from tests.support.threads import PATIENCE
from tests.unit.messaging.queues.kit import Make, Notes, message, number_of, put, wait_until


class Answers:
    """A handler that notes each delivery, and gives the answer that the test chooses."""

    def __init__(self, answer: Callable[[LockedDelivery], object]) -> None:
        self.notes = Notes()
        self.counts: list[tuple[int, int]] = []
        self.answer = answer

    def __call__(self, delivery: LockedDelivery) -> None:
        number = number_of(delivery.envelope)
        self.counts.append((number, delivery.delivery_count))
        assert delivery.envelope.delivery_count == delivery.delivery_count
        self.answer(delivery)
        self.notes.note(number)


def keep(delivery: LockedDelivery) -> None:
    """Give no answer."""


def accounts(queue: InMemoryQueue, expected: int) -> None:
    """Close, and compare the report with what was accepted."""
    before = queue.message_count
    report = queue.close(timeout=PATIENCE)
    assert queue.message_count == before == expected
    assert report.unfinished == 0
    assert queue.depth == 0


def test_a_message_is_done_when_it_is_acknowledged(make: Make) -> None:
    queue, answers = make(), Answers(LockedDelivery.ack)
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    put(queue, *range(20))
    assert answers.notes.wait_for(20) == list(range(20))
    assert answers.counts == [(number, 0) for number in range(20)]
    accounts(queue, 20)
    assert queue.failed == 0


def test_a_rejected_message_goes_to_the_head_and_counts_its_deliveries(make: Make) -> None:
    queue = make()

    def answer(delivery: LockedDelivery) -> bool:
        if number_of(delivery.envelope) == 1 and delivery.delivery_count < 2:
            return delivery.reject()
        return delivery.ack()

    answers = Answers(answer)
    put(queue, *range(4))
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    assert answers.notes.wait_for(6) == [0, 1, 1, 1, 2, 3]
    assert answers.counts == [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0), (3, 0)]
    accounts(queue, 4)


def test_a_handler_that_raises_rejects_its_message(make: Make) -> None:
    queue = make()

    def answer(delivery: LockedDelivery) -> None:
        if delivery.delivery_count == 0:
            raise ValueError("once")
        assert delivery.ack()

    answers = Answers(answer)
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    put(queue, 0, 1)
    assert answers.notes.wait_for(2) == [0, 1]
    assert answers.counts == [(0, 0), (0, 1), (1, 0), (1, 1)]
    accounts(queue, 2)
    assert queue.failed == 2


def test_a_message_that_is_delivered_too_often_becomes_a_dead_letter(make: Make) -> None:
    queue, letters = make(), DeadLetterQueue()
    answers = Answers(lambda delivery: delivery.reject(error=ValueError("bad")))
    options = Acknowledgement(max_deliveries=3, dead_letters=letters)
    consumer = queue.add_consumer(answers, acknowledgement=options)
    put(queue, 7)
    assert answers.notes.wait_for(3) == [7, 7, 7]
    wait_until(lambda: len(letters) == 1)
    [letter] = letters.list()
    assert letter.error_type == "ValueError"
    assert letter.handler == consumer.name
    assert isinstance(letter.message, TransportEnvelope)
    assert letter.message.delivery_count == 2
    answers.answer = LockedDelivery.ack
    assert letters.replay() == 1
    assert answers.notes.wait_for(4) == [7, 7, 7, 7]
    accounts(queue, 1)
    with pytest.raises(ConsumerClosedError):
        letter.delivery.schedule_redelivery(letter.delivery, 0.0)  # type: ignore[misc]


def test_a_message_that_is_refused_becomes_a_dead_letter_at_once(make: Make) -> None:
    queue, letters = make(), DeadLetterQueue()
    answers = Answers(lambda delivery: delivery.reject(requeue=False))
    queue.add_consumer(answers, acknowledgement=Acknowledgement(dead_letters=letters))
    put(queue, 0, 1)
    answers.notes.wait_for(2)
    wait_until(lambda: len(letters) == 2)
    assert [letter.error_type for letter in letters.list()] == ["RejectedError"] * 2
    accounts(queue, 2)


def test_without_dead_letters_it_is_logged(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    queue, answers = make(), Answers(lambda delivery: delivery.reject(requeue=False))
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    put(queue, 0)
    answers.notes.wait_for(1)
    accounts(queue, 1)
    assert "will not be retried" in caplog.text


def test_an_answer_counts_once(make: Make) -> None:
    queue, results = make(), list[bool]()

    def answer(delivery: LockedDelivery) -> None:
        results.extend([delivery.ack(), delivery.ack(), delivery.reject(), delivery.reject(False)])

    answers = Answers(answer)
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    put(queue, 0)
    answers.notes.wait_for(1)
    accounts(queue, 1)
    assert results == [True, False, False, False]


def test_another_thread_may_answer_and_the_consumer_waits_for_it(make: Make) -> None:
    queue, deliveries = make(), list[LockedDelivery]()
    answers = Answers(deliveries.append)
    queue.add_consumer(answers, acknowledgement=Acknowledgement(prefetch=2))
    put(queue, *range(5))
    assert answers.notes.wait_for(2) == [0, 1]
    wait_until(lambda: queue._consumers.active[0]._locked._waits)  # type: ignore[attr-defined]
    assert len(deliveries) == 2, "it has taken more than `prefetch`"
    for count in range(5):
        assert deliveries[count].ack()
        answers.notes.wait_for(min(5, count + 3))
    accounts(queue, 5)


def test_a_message_without_an_answer_goes_back_after_the_lock_timeout(make: Make) -> None:
    queue, kept = make(), list[LockedDelivery]()

    def answer(delivery: LockedDelivery) -> object:
        if delivery.delivery_count > 0:
            return delivery.ack()
        kept.append(delivery)
        return None

    answers = Answers(answer)
    queue.add_consumer(answers, acknowledgement=Acknowledgement(lock_timeout=0.02))
    put(queue, 0, 1)
    assert answers.notes.wait_for(4) == [0, 0, 1, 1]
    assert [delivery.ack() for delivery in kept] == [False, False]
    assert answers.counts == [(0, 0), (0, 1), (1, 0), (1, 1)]
    accounts(queue, 2)


def test_what_a_removed_consumer_has_not_answered_goes_back_in_order(make: Make) -> None:
    queue, kept = make(), Answers(keep)
    first = queue.add_consumer(kept, acknowledgement=Acknowledgement(prefetch=3))
    put(queue, *range(5))
    assert kept.notes.wait_for(3) == [0, 1, 2]
    assert queue.remove_consumer(first, timeout=PATIENCE)
    assert queue.depth == 5
    answers = Answers(LockedDelivery.ack)
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    assert answers.notes.wait_for(5) == [0, 1, 2, 3, 4]
    assert answers.counts == [(0, 1), (1, 1), (2, 1), (3, 0), (4, 0)]
    accounts(queue, 5)


def test_what_has_come_back_goes_to_a_consumer_that_waits(make: Make) -> None:
    queue, kept, others = make(), Answers(keep), Notes()
    first = queue.add_consumer(kept, acknowledgement=Acknowledgement(prefetch=2))
    put(queue, 0, 1)
    kept.notes.wait_for(2)
    queue.add_consumer(others)
    queue.add_consumer(others)
    assert queue.remove_consumer(first, timeout=PATIENCE)
    assert sorted(others.wait_for(2)) == [0, 1]
    accounts(queue, 2)


def test_what_has_come_back_goes_to_a_consumer_of_batches_too(make: Make) -> None:
    queue, kept, notes = make(), Answers(keep), Notes()

    def handle_batch(messages: list[TransportEnvelope]) -> None:
        for each in messages:
            notes.note(number_of(each))

    first = queue.add_consumer(kept, acknowledgement=Acknowledgement(prefetch=3))
    put(queue, *range(6))
    kept.notes.wait_for(3)
    assert queue.remove_consumer(first, timeout=PATIENCE)
    queue.add_consumer(handle_batch, max_batch_size=4)
    assert notes.wait_for(6) == list(range(6))
    accounts(queue, 6)
    with pytest.raises(ValueError, match="one message at a time"):
        make().add_consumer(  # type: ignore[call-overload]
            keep, acknowledgement=Acknowledgement(), max_batch_size=2
        )


def test_a_consumer_that_dies_gives_its_messages_back(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, kept = make(), Answers(keep)

    def die(self: Consumer, envelope: TransportEnvelope) -> None:
        raise SystemExit("such as a filter of a log")

    with monkeypatch.context() as patch:
        patch.setattr(Consumer, "_fail", die)
        dying = queue.add_consumer(kept, acknowledgement=Acknowledgement(prefetch=3))
        put(queue, 0)
        kept.notes.wait_for(1)
        kept.answer = lambda delivery: 1 / 0
        put(queue, 1)
        wait_until(lambda: not dying.is_alive)
    answers = Answers(LockedDelivery.ack)
    queue.add_consumer(answers, acknowledgement=Acknowledgement())
    assert answers.notes.wait_for(2) == [0, 1]
    accounts(queue, 2)


@pytest.mark.parametrize("drain", [True, False])
def test_a_close_counts_what_has_no_answer_as_discarded(make: Make, drain: bool) -> None:
    queue, answers = make(), Answers(lambda delivery: delivery.ack())
    options = Acknowledgement(prefetch=2, lock_timeout=None)
    queue.add_consumer(answers, acknowledgement=options)
    put(queue, 0, 1)
    answers.notes.wait_for(2)
    answers.answer = keep
    put(queue, 2, 3, 4)
    answers.notes.wait_for(4)
    report = queue.close(drain=drain, timeout=0.05)
    assert (report.discarded, report.unfinished) == (3, 0)
    assert report.handled == 0


def test_a_draining_close_waits_for_the_answers(make: Make) -> None:
    queue, deliveries = make(), list[LockedDelivery]()
    answers = Answers(deliveries.append)
    queue.add_consumer(answers, acknowledgement=Acknowledgement(prefetch=5))
    put(queue, *range(5))
    answers.notes.wait_for(5)
    closing = threading.Thread(target=queue.close)
    closing.start()
    wait_until(lambda: queue.is_closed)
    for delivery in deliveries:
        assert delivery.ack()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert queue.close().discarded == 0


def test_a_close_ends_although_a_task_of_the_consumer_refuses_to_end(make: Make) -> None:
    queue, begun, let_go = make(), threading.Event(), threading.Event()

    async def refuse() -> None:
        while not let_go.is_set():
            try:
                begun.set()
                await asyncio.sleep(0.001)
            except asyncio.CancelledError:
                pass

    tasks = []

    async def handle(delivery: LockedDelivery) -> None:
        tasks.append(asyncio.create_task(refuse()))

    queue.add_consumer(handle, acknowledgement=Acknowledgement(lock_timeout=None))
    put(queue, 0)
    assert begun.wait(PATIENCE)
    report = queue.close(drain=False, timeout=0.05)
    assert report.unfinished == 1
    let_go.set()


def test_the_last_message_is_not_kept_while_the_consumer_waits(make: Make) -> None:
    queue, answers = make(), Answers(LockedDelivery.ack)
    consumer = queue.add_consumer(answers, acknowledgement=Acknowledgement())
    put(queue, 0)
    answers.notes.wait_for(1)
    assert consumer._locked is not None
    assert consumer._locked._last is None


def test_a_coroutine_function_answers_too(make: Make) -> None:
    queue, notes = make(), Notes()
    kept = list[LockedDelivery]()

    async def handle(delivery: LockedDelivery) -> None:
        notes.note(number_of(delivery.envelope))
        if delivery.delivery_count == 0:
            kept.append(delivery)
        else:
            delivery.ack()

    queue.add_consumer(handle, acknowledgement=Acknowledgement(lock_timeout=0.02))
    put(queue, 0, 1)
    assert notes.wait_for(4) == [0, 0, 1, 1]
    accounts(queue, 2)


def test_competing_consumers_lose_and_double_nothing(make: Make) -> None:
    queue, done = make(), Notes()
    lock = threading.Lock()

    def answer(delivery: LockedDelivery) -> None:
        number = number_of(delivery.envelope)
        if (number + delivery.delivery_count) % 3 == 0:
            assert delivery.reject()
            return
        with lock:
            assert delivery.ack()
            done.note(number)

    before = resources()
    for _ in range(3):
        queue.add_consumer(answer, acknowledgement=Acknowledgement(prefetch=4))
    put(queue, *range(500))
    assert sorted(done.wait_for(500)) == list(range(500))
    accounts(queue, 500)
    wait_for_resources(before)


def test_wrong_options_are_refused(make: Make) -> None:
    for wrong, kind in (
        ({"lock_timeout": 0}, ValueError),
        ({"lock_timeout": "1"}, TypeError),
        ({"max_deliveries": 0}, ValueError),
        ({"prefetch": 0}, ValueError),
        ({"prefetch": None}, TypeError),
        ({"dead_letters": []}, TypeError),
    ):
        with pytest.raises(kind):
            Acknowledgement(**wrong)
    with pytest.raises(TypeError, match="acknowledgement must be"):
        make().add_consumer(keep, acknowledgement=True)  # type: ignore[call-overload]


def test_an_enqueued_message_counts_the_deliveries_of_before(make: Make) -> None:
    queue, answers = make(), Answers(LockedDelivery.ack)
    queue.add_consumer(answers, acknowledgement=Acknowledgement(max_deliveries=None))
    put(queue, 0)
    once_more = message(1)
    assert queue.enqueue_sync(once_more)
    assert answers.notes.wait_for(2) == [0, 1]
    accounts(queue, 2)
