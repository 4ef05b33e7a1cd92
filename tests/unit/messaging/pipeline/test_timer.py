"""The timer: in order, when due, and nothing before."""

import contextvars
import threading
from typing import Any

import pytest

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging.pipeline import Timer
from ringbuffer.messaging.pipeline import timer as timer_module
from tests.support.manual_host import ManualHost
from tests.support.threads import PATIENCE


class Collector:
    def __init__(self) -> None:
        self.things: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, thing: Any) -> None:
        with self._changed:
            self.things.append(thing)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.things) >= count, PATIENCE), self.things


def test_things_are_handed_over_when_they_are_due_and_in_that_order() -> None:
    host, got = ManualHost(), Collector()
    timer: Timer[str] = Timer(got, host=host, name="timer")
    for thing, delay in (("c", 3.0), ("a", 1.0), ("b", 2.0), ("b too", 2.0)):
        assert timer.put(thing, delay)
    assert timer.pending == 4
    host.advance(1.5)
    got.wait_for(1)
    assert got.things == ["a"]
    host.advance(5)
    got.wait_for(4)
    assert got.things == ["a", "b", "b too", "c"]
    assert timer.close() == []
    assert timer.join(PATIENCE)
    assert timer.pending == 0


def test_what_is_due_at_once_is_handed_over_at_once() -> None:
    got = Collector()
    timer: Timer[int] = Timer(got, host=ManualHost(), name="timer")
    timer.put(1, 0)
    got.wait_for(1)
    timer.close()
    assert timer.join(PATIENCE)


def test_closing_returns_what_is_left_in_order_and_takes_nothing_more() -> None:
    timer: Timer[str] = Timer(Collector(), host=ManualHost(), name="timer")
    timer.put("late", 9)
    timer.put("early", 1)
    left = timer.close()
    assert left == ["early", "late"]
    assert not timer.put("more", 0)
    del left[0]
    assert timer.close() == ["late"]
    assert timer.pending == 1
    del left[0]
    assert timer.pending == 0
    assert timer.join(PATIENCE)


def test_what_is_put_back_while_it_is_handed_over_stays_pending() -> None:
    host, got, pending = ManualHost(), Collector(), []

    def on_due(thing: int) -> None:
        pending.append(timer.pending)
        if thing < 3:
            timer.put(thing + 1, 0)
        got(thing)

    timer: Timer[int] = Timer(on_due, host=host, name="timer")
    timer.put(0, 0)
    got.wait_for(4)
    assert got.things == [0, 1, 2, 3]
    assert pending == [1, 1, 1, 1]
    timer.close()


def test_an_error_while_handing_over_is_logged_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    host, got = ManualHost(), Collector()

    def on_due(thing: int) -> None:
        got(thing)
        if thing == 1:
            raise KeyError

    timer: Timer[int] = Timer(on_due, host=host, name="timer")
    timer.put(1, 0)
    timer.put(2, 0)
    got.wait_for(2)
    timer.close()
    assert timer.join(PATIENCE)
    assert "could not be handed over" in caplog.text


def test_a_timer_that_was_never_used_has_no_thread() -> None:
    before = set(threading.enumerate())
    timer: Timer[int] = Timer(Collector(), host=ManualHost(), name="timer")
    assert not set(threading.enumerate()) - before
    timer.close()
    assert timer.join()


def test_the_thread_does_not_wait_for_itself() -> None:
    joined: list[bool] = []
    got = Collector()

    def on_due(thing: int) -> None:
        timer.close()
        joined.append(timer.join())
        got(thing)

    timer: Timer[int] = Timer(on_due, host=ManualHost(), name="timer")
    timer.put(1, 0)
    got.wait_for(1)
    assert joined == [False]


class Unprintable:
    def __repr__(self) -> str:
        raise ValueError("cannot be shown")


@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, BaseException]
)
def test_whatever_is_raised_while_one_thing_is_handed_over_the_next_one_comes(
    error: type[BaseException],
) -> None:
    got = Collector()

    def on_due(thing: object) -> None:
        got(thing)
        if thing != "last":
            raise error

    timer: Timer[object] = Timer(on_due, host=ManualHost(), name="timer")
    for thing in ("first", Unprintable(), "last"):
        assert timer.put(thing, 0)
    got.wait_for(3)
    assert got.things[-1] == "last"
    assert timer.close() == []
    assert timer.join(PATIENCE)
    assert timer.pending == 0


def test_a_thing_stays_while_there_is_no_memory_to_hand_it_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    got, refusals = Collector(), iter([MemoryError(), MemoryError()])

    def new_context() -> contextvars.Context:
        for error in refusals:
            raise error
        return contextvars.Context()

    monkeypatch.setattr(timer_module, "Context", new_context)
    timer: Timer[str] = Timer(got, host=SYSTEM_HOST, name="timer")
    assert timer.put("first", 0)
    got.wait_for(1)
    assert timer.put("next", 0)
    got.wait_for(2)
    assert got.things == ["first", "next"]
    assert timer.close() == []
    assert timer.join(PATIENCE)
    assert timer.pending == 0
    assert [record.getMessage() for record in caplog.records] == [
        "thread 'timer' failed, and goes on"
    ] * 2


def test_a_thing_that_is_due_in_300_years_holds_up_none_that_is_due_before() -> None:
    got = Collector()
    timer: Timer[str] = Timer(got, host=SYSTEM_HOST, name="timer")
    assert timer.put("late", 1e10)
    assert timer.put("later", 10**400)
    assert timer.put("now", 0)
    got.wait_for(1)
    assert timer.close() == ["late", "later"]
    assert got.things == ["now"]
    assert timer.join(PATIENCE)


def test_an_invalid_delay_is_refused_and_nothing_is_put() -> None:
    timer: Timer[int] = Timer(Collector(), host=ManualHost(), name="timer")
    for delay in (-1, float("nan"), float("inf"), "soon"):
        with pytest.raises((TypeError, ValueError), match="delay must be a number of seconds"):
            timer.put(1, delay)  # type: ignore[arg-type]
    assert timer.pending == 0
    assert timer.close() == []
