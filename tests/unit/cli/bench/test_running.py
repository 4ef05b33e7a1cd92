"""A run that loses events does not count; runs are interleaved, and have the wanted length."""

import threading
from collections.abc import Callable

import pytest

from ringbuffer.programs.bench.peers import STANDARD, OpenQueue, Peer
from ringbuffer.programs.bench.queues import one_queue
from ringbuffer.programs.bench.runner import Settings, run_scenario
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import StuckError, together
from ringbuffer.programs.bench.verify import LostEventsError, payload, verify


def test_a_consumer_that_loses_an_event_fails_the_run() -> None:
    def losing(count: int) -> Measurement:
        values = payload(count)
        seen: list[int] = []
        elapsed = together(lambda: seen.extend(values[1:]))
        verify("the consumer", seen, values)
        return elapsed.run(count)

    result = run_scenario(_scenario(losing), Settings(runs=2, fixed_count=10))
    assert result.contenders[0].runs == []
    assert "9 events with the checksum 54; 10 with 55 were sent" in (
        result.contenders[0].failure or ""
    )


def test_a_queue_that_gives_back_something_else_fails_its_run_alone() -> None:
    def open_wrong(capacity: int) -> OpenQueue:
        channel = STANDARD[0].open(capacity)
        return OpenQueue(lambda: lambda value: channel.producer()(None), channel.consumer)

    wrong = one_queue(Peer("wrong", bounded=True, open=open_wrong), 1)
    scenario = _scenario(wrong, one_queue(STANDARD[0], 1))
    bad, good = run_scenario(scenario, Settings(runs=1, fixed_count=10)).contenders
    assert "NoneType" in (bad.failure or "")
    assert good.failure is None


def _scenario(*bodies: Callable[[int], Measurement]) -> Scenario:
    return Scenario(
        "s",
        "Title.",
        "rate",
        tuple(Contender(f"c{number}", body) for number, body in enumerate(bodies)),
    )


@pytest.mark.parametrize(
    ("got", "ordered"),
    [
        ([1, 2], True),
        ([1, 2, 2], True),
        ([1, 3, 2], True),
        ([2, 2, 2], False),
        ([1, 2, 3, 3], False),
    ],
)
def test_what_differs_from_what_was_sent_is_found(got: list[int], ordered: bool) -> None:
    with pytest.raises(LostEventsError):
        verify("c", got, [1, 2, 3], ordered=ordered)


def test_another_order_is_allowed_where_there_are_several_producers() -> None:
    verify("c", [3, 1, 2], [1, 2, 3], ordered=False)


def test_a_thread_that_waits_for_what_was_lost_ends_the_run_with_an_error() -> None:
    with pytest.raises(StuckError, match="lost"):
        together(threading.Event().wait, deadline_seconds=0.01)


def test_the_error_of_one_thread_is_not_hidden_by_another_that_waits_for_it() -> None:
    def fails() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        together(threading.Event().wait, fails)


def test_runs_are_interleaved() -> None:
    order: list[str] = []

    def body(name: str) -> Callable[[int], Measurement]:
        def run(count: int) -> Measurement:
            order.append(name)
            return Measurement({"rate": 1.0})

        return run

    run_scenario(_scenario(body("A"), body("B")), Settings(runs=3, fixed_count=1))
    assert "".join(order) == "AB" + "AB" * 3  # the first two warm up


def test_the_count_is_found_by_the_length_that_a_run_is_to_have() -> None:
    def body(count: int) -> Measurement:
        together(lambda: [None for _ in range(count)])
        return Measurement({"rate": 1.0})

    result = run_scenario(_scenario(body), Settings(runs=1, seconds=0.01))
    assert 1_000 <= result.contenders[0].count <= 2_000_000
