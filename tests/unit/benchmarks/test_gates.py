"""A gate fails below its number, passes above it, and forgives no more than the runs' own noise."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import checking, command
from benchmarks.deterministic import MEASURES
from benchmarks.gates import Gate, judge, judge_deterministic, judge_samples, load_gates, needed
from benchmarks.scenarios import load
from ringbuffer.programs.bench.results import ContenderResult, Results, ScenarioResult
from ringbuffer.programs.bench.runner import QUICK
from ringbuffer.programs.bench.scenario import Measurement, Role
from ringbuffer.programs.progress_line import Progress

PROJECT = Path(__file__).parents[3]
GATE = Gate("g", "s", "rate", ("ours",), "theirs", at_least=4.0)


def results(ours: list[float], theirs: list[float], figure: str = "rate") -> Results:
    contenders = [
        ContenderResult("ours", Role.OURS, runs=[Measurement({figure: value}) for value in ours]),
        ContenderResult(
            "theirs", Role.PEER, runs=[Measurement({figure: value}) for value in theirs]
        ),
    ]
    return Results({}, {}, [ScenarioResult("s", "S.", figure, contenders)])


def test_a_gate_passes_at_its_number_and_fails_below() -> None:
    assert judge(GATE, results([40, 40, 40], [10, 10, 10])).passes
    assert not judge(GATE, results([39, 39, 39], [10, 10, 10])).passes


def test_neighbouring_runs_are_compared_so_a_slow_machine_neither_excuses_nor_fails() -> None:
    verdict = judge(GATE, results([41, 4.1, 410], [10, 1, 100]))
    assert verdict.passes
    assert verdict.figure == pytest.approx(4.1)
    assert verdict.margin == pytest.approx(0, abs=1e-9)


def test_noise_is_forgiven_as_far_as_the_runs_show_it() -> None:
    assert judge_samples(GATE, [3.7, 3.9, 4.1, 3.8, 4.0]).passes
    assert not judge_samples(GATE, [3.9] * 5).passes


def test_wild_runs_do_not_excuse_a_failure() -> None:
    verdict = judge_samples(GATE, [1.0, 8.0, 2.0, 3.0, 5.0])
    assert verdict.margin == pytest.approx(0.4)
    assert not verdict.passes


def test_ten_percent_below_the_committed_baseline_fails_though_the_number_is_reached() -> None:
    gate = Gate("g", "s", "rate", ("ours",), "theirs", at_least=4.0, baseline=8.0)
    assert judge_samples(gate, [7.3] * 5).passes
    verdict = judge_samples(gate, [7.1] * 5)
    assert not verdict.passes
    assert "baseline" in verdict.line()


def test_half_of_the_number_is_enough_where_noise_must_not_decide() -> None:
    assert judge_samples(GATE, [2.1] * 5, factor=0.5).passes
    assert not judge_samples(GATE, [1.9] * 5, factor=0.5).passes


def test_a_lower_latency_is_the_better_one() -> None:
    gate = Gate("g", "s", "p99", ("ours",), "theirs", at_least=4.0)
    assert judge(gate, results([10, 10], [45, 45], "p99")).figure == pytest.approx(4.5)


def test_a_figure_may_have_an_upper_bound() -> None:
    gate = Gate("g", "s", "p99", ("ours",), at_most=50.0)
    assert judge(gate, results([49, 49], [1, 1], "p99")).passes
    assert not judge(gate, results([51, 51], [1, 1], "p99")).passes
    assert judge(gate, results([99, 99], [1, 1], "p99"), factor=0.5).passes


def test_the_worst_of_several_contenders_counts() -> None:
    gate = Gate("g", "s", "rate", ("ours", "theirs"), at_least=5.0)
    verdict = judge(gate, results([9, 9], [4, 4]))
    assert not verdict.passes
    assert verdict.figure == 4


def test_a_contender_that_did_not_run_fails_its_gate() -> None:
    measured = results([40], [10])
    measured.scenarios[0].contenders[1].failure = "LostEventsError: gone"
    assert "gone" in judge(GATE, measured).line()
    assert not judge(GATE, Results({}, {})).passes


def test_a_deterministic_gate_has_no_margin() -> None:
    gate = Gate("d", deterministic="idle_percent", at_most=1.0)
    assert judge_deterministic(gate, 1.0).passes
    assert not judge_deterministic(gate, 1.01).passes


@pytest.mark.parametrize(
    "entry",
    [
        'scenario = "s"',
        'at_least = 1\nscenario = "s"',
        'at_most = 1\ndeterministic = "x"\ntypo = 1',
        "at_most = 1",
    ],
)
def test_an_incomplete_gate_is_refused(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(f'[[gate]]\nname = "wrong"\n{entry}\n')
    with pytest.raises(ValueError, match="wrong"):
        load_gates(path)


def test_every_gate_names_contenders_and_measures_that_there_are() -> None:
    gates = load_gates()
    for name, wanted in needed(gates).items():
        assert wanted <= {each.name for each in load(name).contenders}, name
    assert {gate.deterministic for gate in gates if gate.deterministic} == set(MEASURES)


def test_what_depends_on_no_machine_holds() -> None:
    """In an interpreter of its own: what earlier tests have left running allocates too."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "gates", "--deterministic"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(MEASURES)} of {len(MEASURES)} gates pass" in run.stdout


def test_a_gate_that_fails_is_measured_once_more_and_every_figure_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = [results([30], [10]), results([50], [10])]
    monkeypatch.setattr(checking, "measure", lambda gates, settings, progress: measured.pop(0))
    assert checking.check_gates([GATE], QUICK, progress=Progress())
    assert "pass  g: 5 (at least 4)" in capsys.readouterr().out
    measured = [results([30], [10]), results([31], [10]), results([50], [10])]
    assert not checking.check_gates([GATE], QUICK, progress=Progress())
    assert "FAIL: less than 4 g: 3.1" in capsys.readouterr().out
    assert len(measured) == 1


def test_a_gate_is_chosen_by_its_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str] = []

    def check(gates: list[Gate], *arguments: object, **options: object) -> bool:
        chosen.extend(gate.name for gate in gates)
        return True

    monkeypatch.setattr(command, "check_gates", check)
    assert command.main(["gates", "ping-pong p99, yielding, µs", "--half"]) == 0
    assert chosen == ["ping-pong p99, yielding, µs"]
