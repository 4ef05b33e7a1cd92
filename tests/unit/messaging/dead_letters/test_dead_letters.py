"""Dead letters, in memory and in a file: kept with all that is known, counted, replayed."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ringbuffer.messaging import SqliteDeadLetters, TransportEnvelope
from ringbuffer.messaging.dead_letters import (
    DeadLetter,
    DeadLetterQueue,
    DeadLetters,
)
from ringbuffer.messaging.delivery import Delivery
from tests.support.threads import PATIENCE, Background, together
from tests.unit.messaging.dead_letters.kit import Desk, add

type Make = Callable[..., DeadLetters]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes a queue of either kind; the fixture closes it."""
    with ExitStack() as opened:

        def in_file(capacity: int | None = 100) -> DeadLetters:
            return opened.enter_context(SqliteDeadLetters(tmp_path / "letters.db", capacity))

        yield DeadLetterQueue if request.param == "memory" else in_file


def test_a_letter_says_what_failed_on_what_and_how_often(make: Make) -> None:
    before = datetime.now(UTC)
    queue = make()
    envelope = TransportEnvelope("order", b"7", correlation_id="request 1", headers={"a": [1]})
    delivery = Desk().delivery(envelope)
    delivery.attempt = 3
    added = add(queue, delivery)
    assert isinstance(added.error, KeyError)
    assert added.delivery is delivery
    (listed,) = queue.list()
    for letter in (added, listed):
        assert (letter.number, letter.message, letter.handler) == (1, envelope, "handler")
        assert (letter.attempts, letter.message_type) == (3, "order")
        assert before <= letter.time <= datetime.now(UTC)
        assert (letter.error_type, letter.error_message) == ("KeyError", "'why'")
        assert letter.traceback.startswith("Traceback")
        assert letter.traceback.endswith("KeyError: 'why'\n")
        assert letter.identity == delivery.identity
        assert letter.delivery.is_dead


def test_an_error_whose_text_fails_is_still_kept(make: Make) -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    add(queue := make(), Desk().delivery(1), Broken())
    (letter,) = queue.list()
    assert letter.error_type.endswith("Broken")
    assert "text failed" in letter.error_message


def test_a_replay_gives_the_message_back_to_its_handler_as_a_first_attempt(make: Make) -> None:
    desk, queue = Desk(), make()
    delivery = desk.delivery("a")
    delivery.attempt = 5
    add(queue, delivery)
    assert queue.replay() == 1
    (again,) = desk.got
    assert (again.message, again.attempt, again.is_dead, again.error) == ("a", 1, False, None)
    assert again.identity == delivery.identity
    assert len(queue) == 0


@pytest.mark.parametrize("what", ["number", "letter", "numbers", "letters"])
def test_letters_are_chosen_by_themselves_or_by_number(make: Make, what: str) -> None:
    desk, queue = Desk(), make()
    letters = [add(queue, desk.delivery(name)) for name in "abc"]
    chosen: Any = {"number": 2, "letter": letters[1], "numbers": [2], "letters": [letters[1]]}[what]
    assert queue.replay(chosen) == 1
    assert [each.message for each in desk.got] == ["b"]
    assert [each.message for each in queue.list()] == ["a", "c"]


def test_letters_are_discarded(make: Make) -> None:
    desk, queue = Desk(), make()
    for name in "abc":
        add(queue, desk.delivery(name))
    assert queue.discard(2) == 1
    assert [each.message for each in queue.list()] == ["a", "c"]
    assert queue.discard() == 2
    assert queue.discard() == 0
    assert desk.got == []


def test_a_letter_that_is_not_there_is_an_error_and_nothing_is_done(make: Make) -> None:
    desk, queue = Desk(), make()
    add(queue, desk.delivery("a"))
    for choose in (queue.replay, queue.discard):
        with pytest.raises(KeyError, match="number 7"):
            choose([1, 7])
    assert len(queue) == 1
    assert desk.got == []


def test_what_cannot_be_replayed_stays_in_its_place(make: Make) -> None:
    desk, queue = Desk(), make()
    desk.refuses = {"b"}
    for name in "abc":
        add(queue, desk.delivery(name))
    with pytest.raises(RuntimeError, match="closed"):
        queue.replay()
    assert [each.message for each in desk.got] == ["a"]
    assert [(each.number, each.message) for each in queue.list()] == [(2, "b"), (3, "c")]


def test_what_nothing_brings_back_cannot_be_replayed(make: Make) -> None:
    queue = make()
    add(queue, Delivery("a", None, "handler"))
    with pytest.raises(ValueError, match="dead letter 1 has no way back to"):
        queue.replay()
    assert len(queue) == 1


def test_the_oldest_letter_makes_room_when_the_queue_is_full(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    desk, queue = Desk(), make(2)
    with caplog.at_level(logging.WARNING):
        for name in "abcd":
            add(queue, desk.delivery(name))
    assert [each.message for each in queue.list()] == ["c", "d"]
    assert queue.dropped == 2
    assert "number 1, of handler, was dropped: 'a'" in caplog.text


def test_a_queue_may_be_without_a_limit(make: Make) -> None:
    desk, queue = Desk(), make(None)
    for number in range(50):
        add(queue, desk.delivery(number))
    assert len(queue) == 50
    assert queue.dropped == 0


@pytest.mark.parametrize(
    ("capacity", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_a_capacity_is_a_number_of_letters(
    make: Make, capacity: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="capacity"):
        make(capacity)


def test_of_two_threads_that_replay_the_same_letters_each_letter_goes_once(make: Make) -> None:
    desk, queue = Desk(), make()
    for number in range(50):
        add(queue, desk.delivery(number))
    counts = together(queue.replay, queue.replay, queue.replay)
    assert sum(counts) == 50  # type: ignore[arg-type]
    assert sorted(each.message for each in desk.got) == list(range(50))  # type: ignore[type-var]


# -- chosen by a function -------------------------------------------------------------------------


def test_letters_are_chosen_by_a_function(make: Make) -> None:
    desk, queue = Desk(), make()
    for name in "abcd":
        add(queue, desk.delivery(name), OSError() if name in "bd" else None)
    assert queue.replay(lambda letter: letter.error_type == "OSError") == 2
    assert [each.message for each in desk.got] == ["b", "d"]
    assert queue.discard(lambda letter: letter.message == "c") == 1
    assert queue.discard(lambda letter: False) == 0
    assert [each.message for each in queue.list()] == ["a"]


def test_an_empty_choice_does_nothing(make: Make) -> None:
    desk, queue = Desk(), make()
    add(queue, desk.delivery("a"))
    assert queue.replay([]) == queue.discard([]) == 0
    assert len(queue) == 1


def test_a_letter_goes_where_the_caller_says_and_stays_until_it_is_there(make: Make) -> None:
    queue, got = make(), list[object]()
    for name in "abc":
        add(queue, Desk().delivery(name))

    def forward(letter: DeadLetter) -> None:
        assert letter.number in {each.number for each in queue.list()}
        if letter.message == "c":
            raise OSError("no answer")
        got.append(letter.message)

    with pytest.raises(OSError, match="no answer"):
        queue.replay(to=forward)
    assert got == ["a", "b"]
    assert [letter.message for letter in queue.list()] == ["c"]
    assert queue.statistics().replayed == 2


def test_a_coroutine_function_is_refused_where_it_would_not_be_awaited(make: Make) -> None:
    async def forward(letter: DeadLetter) -> None: ...

    add(queue := make(), Desk().delivery("a"))
    with pytest.raises(TypeError, match="no task awaits"):
        queue.replay(to=forward)
    assert len(queue) == 1


def test_a_letter_that_is_being_replayed_is_not_replayed_or_discarded_by_another_thread(
    make: Make,
) -> None:
    desk, queue = Desk(), make()
    for name in "ab":
        add(queue, desk.delivery(name))
    begun, goes_on = Event(), Event()

    def forward(letter: DeadLetter) -> None:
        begun.set()
        assert goes_on.wait(PATIENCE)

    other = Background(lambda: queue.replay(1, to=forward), "replays").start()
    assert begun.wait(PATIENCE)
    with pytest.raises(KeyError, match="another thread replays it"):
        queue.replay(1)
    with pytest.raises(KeyError, match="another thread replays it"):
        queue.discard([1, 2])
    assert [letter.number for letter in queue.list()] == [1, 2]
    assert queue.replay() == 1
    assert [each.message for each in desk.got] == ["b"]
    goes_on.set()
    assert other.join() == 1
    assert queue.list() == ()


def test_an_interrupted_replay_may_be_called_again(make: Make) -> None:
    desk, queue = Desk(), make()
    for name in "abc":
        add(queue, desk.delivery(name))

    def forward(letter: DeadLetter) -> None:
        if letter.message == "b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue.replay(to=forward)
    assert [letter.message for letter in queue.list()] == ["b", "c"]
    assert queue.statistics().replayed == 1
    assert queue.replay() == 2


# -- statistics -----------------------------------------------------------------------------------


def test_every_letter_counts_once(make: Make) -> None:
    desk, queue = Desk(), make(4)
    for number in range(6):
        add(queue, desk.delivery(number))
    assert (queue.replay([3]), queue.discard([4])) == (1, 1)
    figures = queue.statistics()
    assert (figures.kept, figures.dropped) == (2, 2)
    assert (figures.replayed, figures.discarded) == (1, 1)
    add(queue, desk.delivery("new"))
    assert (len(queue), queue.dropped) == (3, 2)


def test_letters_are_counted_by_error_handler_and_type(make: Make) -> None:
    desk, queue = Desk(), make()
    add(queue, desk.delivery(TransportEnvelope("order")), OSError())
    add(queue, desk.delivery(TransportEnvelope("order")))
    add(queue, desk.delivery("text", handler="other"))
    figures = queue.statistics()
    assert figures.by_error == {"OSError": 1, "KeyError": 2}
    assert figures.by_handler == {"handler": 2, "other": 1}
    assert figures.by_message_type == {"order": 2, "str": 1}


def test_threads_add_and_replay_at_once(make: Make) -> None:
    desk, queue = Desk(), make(None)

    def add_some() -> None:
        for number in range(20):
            add(queue, desk.delivery(number))

    together(add_some, add_some, queue.replay, lambda: queue.discard(lambda letter: False))
    kept = len(queue)
    assert kept + len(desk.got) == 40
    assert queue.statistics().replayed == len(desk.got)
    assert queue.replay() == kept
    assert sorted(each.message for each in desk.got) == sorted([*range(20)] * 2)  # type: ignore[type-var]
