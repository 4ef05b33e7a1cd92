"""Dead letters: kept with all that is known, listed, replayed, discarded."""

import logging
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.dead_letters import DeadLetter, DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery, Identity
from tests.support.manual_host import ManualHost
from tests.support.threads import together


class Desk:
    """Where replayed deliveries come back to."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self.refuses: set[object] = set()

    def schedule_redelivery(self, delivery: Delivery, delay: float) -> None:
        assert delay == 0
        if delivery.message in self.refuses:
            raise RuntimeError("closed")
        self.got.append(delivery)

    def delivery(self, message: object) -> Delivery:
        return Delivery(message, Identity.of(message), "handler", self.schedule_redelivery)


def add(queue: DeadLetterQueue, delivery: Delivery, error: Exception | None = None) -> DeadLetter:
    try:
        raise KeyError("why") if error is None else error
    except Exception as raised:
        return queue.add(delivery, raised)


def test_a_letter_says_what_failed_on_what_and_how_often() -> None:
    host = ManualHost()
    host.now = 12.5
    queue, envelope = (
        DeadLetterQueue(host=host),
        TransportEnvelope("order", b"7", correlation_id="request 1"),
    )
    delivery = Desk().delivery(envelope)
    delivery.attempt = 3
    letter = add(queue, delivery)
    assert queue.list() == (letter,)
    assert (letter.number, letter.message, letter.handler, letter.attempts, letter.time) == (
        1,
        envelope,
        "handler",
        3,
        12.5,
    )
    assert (letter.error_type, letter.error_message) == ("KeyError", "'why'")
    assert isinstance(letter.error, KeyError)
    assert letter.traceback.startswith("Traceback")
    assert letter.traceback.endswith("KeyError: 'why'\n")
    assert letter.identity is not None
    assert letter.identity.correlation_id == "request 1"
    assert delivery.is_dead


def test_an_error_whose_text_fails_is_still_kept() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    letter = add(DeadLetterQueue(), Desk().delivery(1), Broken())
    assert letter.error_type.endswith("Broken")
    assert "text failed" in letter.error_message


def test_a_replay_gives_the_message_back_to_its_handler_as_a_first_attempt() -> None:
    desk, queue = Desk(), DeadLetterQueue()
    delivery = desk.delivery("a")
    delivery.attempt = 5
    add(queue, delivery)
    assert queue.replay() == 1
    (again,) = desk.got
    assert (again.message, again.attempt, again.is_dead, again.error) == ("a", 1, False, None)
    assert again.identity is delivery.identity
    assert len(queue) == 0


@pytest.mark.parametrize("what", ["number", "letter", "numbers", "letters"])
def test_letters_are_chosen_by_themselves_or_by_number(what: str) -> None:
    desk, queue = Desk(), DeadLetterQueue()
    letters = [add(queue, desk.delivery(name)) for name in "abc"]
    chosen: Any = {"number": 2, "letter": letters[1], "numbers": [2], "letters": [letters[1]]}[what]
    assert queue.replay(chosen) == 1
    assert [each.message for each in desk.got] == ["b"]
    assert [each.message for each in queue.list()] == ["a", "c"]


def test_letters_are_discarded() -> None:
    desk, queue = Desk(), DeadLetterQueue()
    for name in "abc":
        add(queue, desk.delivery(name))
    assert queue.discard(2) == 1
    assert [each.message for each in queue.list()] == ["a", "c"]
    assert queue.discard() == 2
    assert queue.discard() == 0
    assert desk.got == []


def test_a_letter_that_is_not_there_is_an_error_and_nothing_is_done() -> None:
    desk, queue = Desk(), DeadLetterQueue()
    add(queue, desk.delivery("a"))
    for choose in (queue.replay, queue.discard):
        with pytest.raises(KeyError, match="number 7"):
            choose([1, 7])
    assert len(queue) == 1
    assert desk.got == []


def test_what_cannot_be_replayed_stays_in_its_place() -> None:
    desk, queue = Desk(), DeadLetterQueue()
    desk.refuses = {"b"}
    for name in "abc":
        add(queue, desk.delivery(name))
    with pytest.raises(RuntimeError, match="closed"):
        queue.replay()
    assert [each.message for each in desk.got] == ["a"]
    assert [(each.number, each.message) for each in queue.list()] == [(2, "b"), (3, "c")]


def test_what_nothing_brings_back_cannot_be_replayed() -> None:
    queue = DeadLetterQueue()
    add(queue, Delivery("a", None, "handler"))
    with pytest.raises(ValueError, match="dead letter 1 has no way back to"):
        queue.replay()
    assert len(queue) == 1


def test_the_oldest_letter_makes_room_when_the_queue_is_full(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk, queue = Desk(), DeadLetterQueue(2)
    with caplog.at_level(logging.WARNING):
        for name in "abcd":
            add(queue, desk.delivery(name))
    assert [each.message for each in queue.list()] == ["c", "d"]
    assert queue.dropped == 2
    assert "number 1, of handler, was dropped: 'a'" in caplog.text


def test_a_queue_may_be_without_a_limit() -> None:
    desk, queue = Desk(), DeadLetterQueue(None)
    for number in range(50):
        add(queue, desk.delivery(number))
    assert len(queue) == 50
    assert queue.dropped == 0


@pytest.mark.parametrize(
    ("capacity", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_a_capacity_is_a_number_of_letters(capacity: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="capacity"):
        DeadLetterQueue(capacity)


def test_of_two_threads_that_replay_the_same_letters_each_letter_goes_once() -> None:
    desk, queue = Desk(), DeadLetterQueue()
    for number in range(200):
        add(queue, desk.delivery(number))
    counts = together(queue.replay, queue.replay, queue.replay)
    assert sum(counts) == 200  # type: ignore[arg-type]
    assert sorted(each.message for each in desk.got) == list(range(200))  # type: ignore[type-var]
