"""Every scenario runs and verifies what arrived; a run that loses something does not count."""

import threading
from collections.abc import Callable

import pytest

from benchmarks.peers import PEERS, STANDARD, Channel, Peer, available
from benchmarks.queues import contenders, one_queue
from benchmarks.runner import Settings, gil_is_on, run_scenario
from benchmarks.scenario import FIGURES, Contender, Role, Run, Scenario
from benchmarks.scenarios import load, names
from benchmarks.threads import StuckError, together
from benchmarks.verify import LostEventsError, payload, verify

COUNT = 200


@pytest.mark.parametrize("name", names())
def test_a_scenario_runs_and_verifies_what_arrived(name: str) -> None:
    scenario = load(name)
    ours = [each.name for each in scenario.contenders if each.role is not Role.PEER]
    others = [each.name for each in scenario.contenders if each.role is Role.PEER][:2]
    before = gil_is_on()
    result = run_scenario(scenario, Settings(runs=1, fixed_count=COUNT), only=ours + others)
    assert [each.failure for each in result.contenders] == [None] * len(result.contenders)
    for contender in result.contenders:
        assert contender.values(scenario.figure)
        assert set(contender.runs[0].figures) <= set(FIGURES)
    assert gil_is_on() == before


@pytest.mark.parametrize("name", names())
def test_a_scenario_draws_its_topology_and_names_each_contender_once(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert "\n    " in scenario.topology, "no drawing"
    chosen = [each.name for each in scenario.contenders]
    assert len(set(chosen)) == len(chosen)
    assert scenario.figure in FIGURES


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_carries_what_it_is_given_or_says_why_it_is_not_here(peer: Peer) -> None:
    before = gil_is_on()
    reason = available(peer)
    if reason is None:
        channel = peer.open(8)
        channel.producer()(7)
        assert channel.consumer()() == 7
        assert gil_is_on() == before
    else:
        able, absent = contenders(lambda each: one_queue(each, 1), peers=[peer])
        assert able == ()
        assert absent == {peer.name: reason}


def test_a_peer_that_does_not_import_is_reported_with_the_reason() -> None:
    peer = Peer("nothing", bounded=True, open=STANDARD[0].open, module="no_such_module_at_all")
    _, absent = contenders(lambda each: one_queue(each, 1), peers=[peer])
    assert "No module named 'no_such_module_at_all'" in absent["nothing"]


def test_a_consumer_that_loses_an_event_fails_the_run() -> None:
    def losing(count: int) -> Run:
        values = payload(count)
        seen: list[int] = []
        elapsed = together(lambda: seen.extend(values[1:]))
        verify("the consumer", seen, values)
        return elapsed.run(count)

    result = run_scenario(_scenario(losing), Settings(runs=2, fixed_count=10))
    assert result.contenders[0].runs == []
    assert "9 events with the checksum 54; 10 with 55 were sent" in (result.contenders[0].failure or "")


def test_a_queue_that_gives_back_something_else_fails_its_run_alone() -> None:
    def open_wrong(capacity: int) -> Channel:
        channel = STANDARD[0].open(capacity)
        return Channel(lambda: lambda value: channel.producer()(None), channel.consumer)

    wrong = one_queue(Peer("wrong", bounded=True, open=open_wrong), 1)
    scenario = _scenario(wrong, one_queue(STANDARD[0], 1))
    bad, good = run_scenario(scenario, Settings(runs=1, fixed_count=10)).contenders
    assert "NoneType" in (bad.failure or "")
    assert good.failure is None


def _scenario(*bodies: Callable[[int], Run]) -> Scenario:
    return Scenario("s", "Title.", "rate", tuple(Contender(f"c{number}", body) for number, body in enumerate(bodies)))


@pytest.mark.parametrize(
    ("got", "ordered"), [([1, 2], True), ([1, 2, 2], True), ([1, 3, 2], True), ([2, 2, 2], False), ([1, 2, 3, 3], False)]
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

    def body(name: str) -> Callable[[int], Run]:
        def run(count: int) -> Run:
            order.append(name)
            return Run({"rate": 1.0})

        return run

    run_scenario(_scenario(body("A"), body("B")), Settings(runs=3, fixed_count=1))
    assert "".join(order) == "AB" + "AB" * 3  # the first two warm up


def test_the_count_is_found_by_the_length_that_a_run_is_to_have() -> None:
    def body(count: int) -> Run:
        together(lambda: [None for _ in range(count)])
        return Run({"rate": 1.0})

    result = run_scenario(_scenario(body), Settings(runs=1, seconds=0.01))
    assert 1_000 <= result.contenders[0].count <= 2_000_000
