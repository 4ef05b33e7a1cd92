"""`explore` finds what some schedule breaks, passes what none breaks, and says how much it ran."""

import itertools
import json
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from ringbuffer import RingBufferError
from ringbuffer.testing import (
    Exploration,
    Schedule,
    ScheduleFailedError,
    explore,
    replay,
    step,
)
from tests.unit.testing.kit import (
    Account,
    Order,
    adds_in_threads,
    adds_with_a_lock,
    fill,
    graph,
    loses_an_update,
)


def failure_of(scenario: Any, **arguments: Any) -> ScheduleFailedError:
    with pytest.raises(ScheduleFailedError) as raised:
        explore(scenario, **arguments)
    return raised.value


def test_an_update_that_handlers_lose_is_found_and_shown() -> None:
    failed = failure_of(loses_an_update)
    assert isinstance(failed, AssertionError)
    assert isinstance(failed, RingBufferError)
    assert isinstance(failed.__cause__, AssertionError)
    assert "the total is 1" in str(failed)
    assert failed.account in str(failed)
    assert failed.schedule in str(failed)
    rows = failed.account.splitlines()
    assert rows[0] == "steps at the points of the scenario"
    assert {*rows[1].split()} == {"count", "audit", "main"}
    assert sum("Account.total = 0" in row for row in rows) == 2, "both have loaded 0"
    assert sum("Account.total := 1" in row for row in rows) == 2, "both have stored 1"


def test_a_right_program_is_explored_to_the_end_of_its_bound() -> None:
    result = explore(adds_with_a_lock, preemptions=0)
    assert result.is_exhausted
    assert (result.strategy, result.preemptions) == ("every", 0)
    assert result.schedules > 10
    assert result.steps > result.schedules
    assert result.states > 0
    assert result.seconds > 0


def test_threads_with_a_lock_are_right_in_every_schedule() -> None:
    def scenario(schedule: Schedule) -> None:
        account, lock = Account(), schedule.lock()
        schedule.share(account, "total")

        def add() -> None:
            with lock:
                account.total += 1

        threads = [schedule.thread(add) for _ in range(2)]
        for thread in threads:
            thread.join()
        assert account.total == 2

    assert explore(scenario, preemptions=2).is_exhausted


def test_when_the_time_is_up_the_result_says_that_the_bound_is_not_exhausted() -> None:
    result = explore(adds_with_a_lock, preemptions=2, seconds=0.2)
    assert not result.is_exhausted


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_schedules_at_random_find_it_too(strategy: Any) -> None:
    failed = failure_of(adds_in_threads, strategy=strategy, schedules=200)
    assert failed.exploration is not None
    assert failed.exploration.strategy == strategy
    assert not failed.exploration.is_exhausted


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_as_many_schedules_at_random_are_run_as_were_asked_for(strategy: Any) -> None:
    result = explore(lambda schedule: None, strategy=strategy, schedules=7, seed=3)
    assert (result.schedules, result.states, result.is_exhausted) == (7, 0, True)


def test_a_failing_schedule_has_few_switches() -> None:
    failed = failure_of(adds_in_threads, strategy="random", schedules=500)
    choices = json.loads(failed.schedule)["choices"].split()
    assert len(choices) <= 5, failed.schedule


def test_a_failing_schedule_is_run_again_from_its_text_and_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lost_update.json"
    failed = failure_of(adds_in_threads, save_to=path)
    assert path.read_text().strip() == failed.schedule
    for schedule in (failed.schedule, path):
        with pytest.raises(ScheduleFailedError) as again:
            replay(adds_in_threads, schedule)
        assert again.value.account == failed.account
        assert again.value.steps == failed.steps
        assert again.value.exploration is None


def test_a_schedule_that_does_not_fail_any_more_returns() -> None:
    failed = failure_of(adds_in_threads)

    def repaired(schedule: Schedule) -> None:
        account, lock = Account(), schedule.lock("account")
        schedule.share(account, "total")

        def add() -> None:
            with lock:
                account.total += 1

        threads = [schedule.thread(add, name=name) for name in ("x", "y")]
        for thread in threads:
            thread.join()
        assert account.total == 2

    replay(repaired, failed.schedule)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"choices": "0", "points": null}', "1"])
def test_a_text_that_is_not_a_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a schedule that `explore` has written"):
        replay(adds_in_threads, text)


def test_the_other_threads_of_a_scenario_may_fail_it() -> None:
    def scenario(schedule: Schedule) -> None:
        def fail() -> None:
            raise ValueError("of a thread")

        schedule.thread(fail)

    assert isinstance(failure_of(scenario).__cause__, ValueError)


def test_a_failure_that_is_not_an_exception_counts_too() -> None:
    failed = failure_of(lambda schedule: pytest.fail("said by pytest"))
    assert "said by pytest" in str(failed)


def test_a_handler_that_fails_fails_the_scenario() -> None:
    def scenario(schedule: Schedule) -> None:
        def fail(order: Order, sequence: int, end_of_batch: bool) -> None:
            raise ValueError("of a handler")

        with graph(schedule, fail) as disruptor:
            disruptor.publish_event(fill, 1)

    assert "of a handler" in str(failure_of(scenario))


def test_a_deadlock_is_found_and_says_where_each_thread_waits() -> None:
    def scenario(schedule: Schedule) -> None:
        one, other = schedule.lock("one"), schedule.lock("other")

        def take(first: Any, second: Any) -> None:
            with first, second:
                pass

        schedule.thread(take, one, other, name="x")
        schedule.thread(take, other, one, name="y")

    failed = failure_of(scenario)
    assert "x before lock other" in str(failed)
    assert "y before lock one" in str(failed)


def test_a_consumer_that_was_not_closed_is_a_failure() -> None:
    def scenario(schedule: Schedule) -> None:
        graph(schedule, lambda order, sequence, end_of_batch: None).start()

    assert "no task can continue" in str(failure_of(scenario))


def test_steps_let_a_fault_be_found_that_goes_through_a_dictionary() -> None:
    def scenario(schedule: Schedule) -> None:
        totals = {"ACME": 0}

        def add() -> None:
            before = totals["ACME"]
            step("add to the total")
            totals["ACME"] = before + 1

        threads = [schedule.thread(add, name=name) for name in ("x", "y")]
        for thread in threads:
            thread.join()
        assert totals["ACME"] == 2

    assert "add to the total" in failure_of(scenario).account


def test_every_order_of_steps_is_run() -> None:
    seen: set[str] = set()

    def scenario(schedule: Schedule) -> None:
        order: list[str] = []

        def go(name: str) -> None:
            for _ in range(2):
                step()
                order.append(name)

        threads = [schedule.thread(go, name, name=name) for name in ("x", "y")]
        for thread in threads:
            thread.join()
        seen.add("".join(order))

    assert explore(scenario, preemptions=3).is_exhausted
    assert seen == {"".join(each) for each in itertools.permutations("xxyy")}


def test_a_step_outside_of_a_schedule_does_nothing() -> None:
    step("of nothing")


def test_each_order_of_two_handlers_is_run_to_its_end_although_the_state_is_the_same() -> None:
    """What handlers do to a plain list is not seen. Every choice is still run and checked once."""
    seen: set[str] = set()

    def scenario(schedule: Schedule) -> None:
        order: list[str] = []
        threads = [schedule.thread(order.append, name, name=name) for name in ("x", "y")]
        for thread in threads:
            thread.join()
        seen.add("".join(order))

    explore(scenario, preemptions=0)
    assert seen == {"xy", "yx"}


def test_a_wait_may_time_out_early_if_asked() -> None:
    def scenario(schedule: Schedule) -> None:
        event = schedule.host.event()
        schedule.thread(event.set)
        assert event.wait(1.0), "the time was up first"

    assert explore(scenario).is_exhausted
    assert "the time was up first" in str(failure_of(scenario, early_timeouts=1))


def test_time_passes_in_a_schedule_when_no_thread_can_continue() -> None:
    def scenario(schedule: Schedule) -> None:
        assert not schedule.host.event().wait(3600.0)
        assert schedule.host.monotonic() >= 3600.0

    assert explore(scenario).is_exhausted


def test_inside_the_library_there_are_more_choices() -> None:
    def scenario(schedule: Schedule) -> None:
        with graph(schedule, lambda order, sequence, end_of_batch: None) as disruptor:
            disruptor.publish_event(fill, 1)

    outside = explore(scenario, preemptions=0)
    inside = explore(scenario, preemptions=0, inside_library=True)
    assert outside.is_exhausted
    assert inside.is_exhausted
    assert inside.states > outside.states


def test_a_scenario_that_does_not_do_the_same_twice_is_reported() -> None:
    numbers = itertools.count()

    def scenario(schedule: Schedule) -> None:
        assert next(numbers) != 5, "the sixth run fails"

    failed = failure_of(scenario)
    assert failed.__cause__ is not None
    assert any("Does the scenario depend on" in note for note in failed.__cause__.__notes__)


def test_a_run_that_waits_for_something_else_ends_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ringbuffer.testing import runs

    monkeypatch.setattr(runs, "PATIENCE", 0.2)
    let_go = threading.Event()

    def scenario(schedule: Schedule) -> None:
        assert let_go.wait(30)

    threading.Timer(0.3, let_go.set).start()
    assert "the schedule does not control" in str(failure_of(scenario))


def scheduled_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name in ("main", "x", "y")]


def test_no_thread_is_left_of_a_failure() -> None:
    failure_of(adds_in_threads)
    assert not scheduled_threads()


def test_an_interrupt_ends_an_exploration_and_leaves_no_thread() -> None:
    runs = itertools.count()

    def scenario(schedule: Schedule) -> None:
        def go() -> None:
            step()

        threads = [schedule.thread(go, name=name) for name in ("x", "y")]
        if next(runs) == 12:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            event = schedule.host.event()
            schedule.thread(event.set, name="y")
            while not event.wait(0):
                step("until the interrupt comes")
        for thread in threads:
            thread.join()

    with pytest.raises(KeyboardInterrupt):
        explore(scenario)
    assert not scheduled_threads()


def test_a_program_that_has_explored_ends_in_silence() -> None:
    """Runs that are given up leave open disruptors and dying consumers, and no report of them."""
    program = """
        import logging
        from ringbuffer.testing import ScheduleFailedError, explore
        from tests.unit.testing.kit import loses_an_update
        logging.basicConfig(level=logging.INFO)
        try:
            explore(loses_an_update, strategy="random")
        except ScheduleFailedError:
            print("found")
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "found\n", "")


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"scenario": 5}, TypeError, "scenario must be a function of a Schedule, not 5"),
        ({"scenario": lambda: None}, TypeError, "scenario"),
        ({"preemptions": -1}, ValueError, "preemptions must be"),
        ({"preemptions": 1.5}, TypeError, "preemptions must be"),
        ({"seconds": 0}, ValueError, "seconds"),
        ({"schedules": 0}, ValueError, "schedules must be"),
        ({"depth": -1}, ValueError, "depth must be"),
        ({"early_timeouts": -1}, ValueError, "early_timeouts must be"),
        ({"strategy": "all"}, ValueError, "strategy must be 'every', 'random' or 'pct', not 'all'"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    scenario = arguments.pop("scenario", adds_with_a_lock)
    with pytest.raises(error, match=says):
        explore(scenario, **arguments)


def test_a_coroutine_function_is_refused() -> None:
    async def scenario(schedule: Schedule) -> None: ...

    with pytest.raises(TypeError, match="no schedule controls an event loop"):
        explore(scenario)


def test_a_scenario_cannot_explore() -> None:
    def scenario(schedule: Schedule) -> None:
        explore(adds_in_threads)

    assert "call `explore` in the test itself" in str(failure_of(scenario))


def test_a_result_shows_its_numbers() -> None:
    assert "is_exhausted=True" in repr(Exploration("every", 1, 2, 3, 4, 5.0, True))
