"""Every scenario runs and verifies what arrived; a run that loses something does not count."""

import pytest

from benchmarks.peers import PEERS, STANDARD, Peer, available
from benchmarks.scenarios import load, names
from ringbuffer.programs.bench.queues import contenders, one_queue
from ringbuffer.programs.bench.runner import Settings, run_scenario
from ringbuffer.programs.bench.scenario import FIGURES, Role
from ringbuffer.programs.interpreter import gil_is_on

COUNT = 200


@pytest.mark.parametrize(
    ("most", "peers"), [(4, 1), pytest.param(100, 2, marks=pytest.mark.verify)]
)
@pytest.mark.parametrize("name", names())
def test_a_scenario_runs_and_verifies_what_arrived(name: str, most: int, peers: int) -> None:
    scenario = load(name)
    ours = [each.name for each in scenario.contenders if each.role is not Role.PEER][:most]
    others = [each.name for each in scenario.contenders if each.role is Role.PEER][:peers]
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
