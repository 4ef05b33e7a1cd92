"""`ringbuffer bench`: what it prints, and what its exit code says."""

import json
import signal
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from ringbuffer.cli import bench
from ringbuffer.cli.main import main
from ringbuffer.programs.bench.peers import STANDARD, Peer
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.scenarios import SCENARIOS
from ringbuffer.programs.bench.verify import payload, verify

SHORT = ("--runs", "1", "--seconds", "1e-6")


def fine(count: int) -> Measurement:
    return Measurement({"rate": 5.0})


def losing(count: int) -> Measurement:
    sent = payload(count)
    verify("ringbuffer", sent[1:], sent)
    return Measurement({"rate": 5.0})


@pytest.fixture
def contenders(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the command measure scenarios `one` and `two` with these bodies only."""

    def replace(**bodies: Callable[[int], Measurement]) -> None:
        def scenario(peers: Sequence[Peer]) -> Scenario:
            assert tuple(peers) == STANDARD
            return Scenario(
                "one",
                "A title.",
                "rate",
                tuple(Contender(name, body) for name, body in bodies.items()),
            )

        monkeypatch.setattr(bench, "SCENARIOS", {"one": scenario, "two": scenario})

    return replace


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_scenario_has_the_ring_beside_both_queues_of_the_standard_library(name: str) -> None:
    scenario = SCENARIOS[name](STANDARD)
    assert scenario.name == name
    peers = [each.name for each in scenario.contenders if each.role is Role.PEER]
    assert {"queue.Queue", "queue.SimpleQueue"} <= set(peers)
    assert any(each.role is Role.OURS for each in scenario.contenders)


def test_it_measures_what_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "two_producers", *SHORT]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "2P1C, one event at a time  (two_producers)" in lines
    [ours] = [line for line in lines if line.startswith("  * ringbuffer ")]
    assert "/event" not in ours
    assert any(line.startswith("    queue.SimpleQueue ") for line in lines)
    assert not any("unicast" in line for line in lines)


def test_it_reports_every_run_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "unicast", "--runs", "2", "--seconds", "1e-6", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["interrupted"], told["settings"]["runs"]) == (True, False, 2)
    [scenario] = told["scenarios"]
    assert {each["name"] for each in scenario["contenders"]} >= {
        "ringbuffer",
        "queue.Queue",
        "queue.SimpleQueue",
    }
    assert all(
        len(each["runs"]) == 2 and each["runs"][0]["figures"]["rate"] > 0
        for each in scenario["contenders"]
    )


def test_everything_is_measured_by_default(
    contenders: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    contenders(ring=fine)
    assert main(["bench", *SHORT]) == 0
    assert capsys.readouterr().out.count("A title  (one)") == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_a_ring_that_loses_an_event_fails_the_command(
    as_json: bool, contenders: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    contenders(ring=losing, other=fine)
    assert main(["bench", "one", *SHORT, *(["--json"] if as_json else [])]) == 1
    out = capsys.readouterr().out
    assert "ringbuffer got 999 events with the checksum 50499; 1000 with 50500 were sent" in out
    if as_json:
        assert json.loads(out)["passed"] is False


def test_a_gil_that_is_switched_on_meanwhile_fails_the_command(
    contenders: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = iter([False, True])
    monkeypatch.setattr("ringbuffer.programs.bench.runner.gil_is_on", lambda: next(answers))
    contenders(ring=fine)
    assert main(["bench", "one", *SHORT]) == 1
    assert "the GIL is on after one, ring" in capsys.readouterr().err


def interrupting(times: int) -> Callable[[int], Measurement]:
    """A run in which Ctrl-C comes, the first time that it is not a warm-up."""
    seen = SimpleNamespace(runs=0)

    def body(count: int) -> Measurement:
        seen.runs += 1
        if seen.runs > 3:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return Measurement({"rate": 5.0})

    return body


def test_ctrl_c_ends_it_and_shows_what_was_measured(
    contenders: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    contenders(ring=interrupting(1), other=fine)
    assert main(["bench", "--runs", "5", "--seconds", "1e-6", "--json"]) == 130
    told = json.loads(capsys.readouterr().out)
    assert told["interrupted"] is True
    [scenario] = told["scenarios"]
    assert sum(len(each["runs"]) for each in scenario["contenders"]) < 10


def test_a_second_ctrl_c_aborts(
    contenders: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    contenders(ring=interrupting(2))
    assert main(["bench", "--runs", "5", "--seconds", "1e-6", "--json"]) == 130
    captured: Any = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "ringbuffer bench: aborted\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["unicorn"], "there is no scenario 'unicorn'; there are unicast, "),
        (["--runs", "0"], "a whole number of 1 or more is needed, not '0'"),
        (["--seconds", "-1"], "a positive number of seconds is needed, not '-1'"),
        (["--seconds", "soon"], "a positive number of seconds is needed, not 'soon'"),
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["bench", *arguments])
    assert refusal.value.code == 2
    assert says in capsys.readouterr().err
