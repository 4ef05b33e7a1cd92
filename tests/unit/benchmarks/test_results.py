"""Results survive being saved, are compared, and get into the documentation without a hand."""

from pathlib import Path

import pytest

from benchmarks import command, pages, perf
from benchmarks.compare import compare, report
from benchmarks.latency import latency_run
from benchmarks.machine import describe
from benchmarks.medians import median, noise
from benchmarks.report import head, number, table
from benchmarks.results import ContenderResult, Results, ScenarioResult
from benchmarks.runner import gil_is_on
from benchmarks.scenario import Role, Run
from ringbuffer.cli.demo.histogram import Histogram


def measured(ours: list[float], peer: list[float] | None = None) -> Results:
    curve = ((50.0, 1.5), (99.0, 2.5))
    contenders = [
        ContenderResult("ringbuffer", Role.OURS, count=9, runs=[Run({"rate": value}, curve) for value in ours]),
        ContenderResult("queue", Role.PEER, "line", 2.0, 9, [Run({"rate": value}) for value in peer or [1.0]]),
        ContenderResult("broken", Role.PEER, failure="LostEventsError: one"),
    ]
    scenario = ScenarioResult("unicast", "A title.\n\n    P --> C\n", "rate", contenders, {"janus": "no"}, {"": "no perf"})
    return Results(describe(), {"runs": len(ours), "seconds": 0.1}, [scenario])


def test_json_gives_back_what_was_saved(tmp_path: Path) -> None:
    results = measured([100.0, 110.0, 105.0])
    path = tmp_path / "deep" / "r.json"
    results.save(path)
    assert Results.load(path) == results


@pytest.mark.parametrize("text", ["", "{}", '{"format": 99}', "[]"])
def test_another_file_is_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"other\.json is not a result"):
        Results.load(path)


def test_the_machine_says_whether_the_gil_was_on() -> None:
    machine = describe()
    assert machine["gil"] is gil_is_on()
    assert machine["versions"]["atomics"] == "1.0.3"


def test_a_regression_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert not report(measured([100, 101, 99]), measured([80, 81, 79]))
    assert "SLOWER unicast" in capsys.readouterr().out


def test_noise_and_what_a_peer_does_are_no_regression(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(measured([100, 101, 99], [10.0]), measured([98, 99, 97], [5.0]))
    assert report(measured([100, 60, 140]), measured([80, 40, 120]))
    assert "0 of the library's own became slower" in capsys.readouterr().out


def test_an_improvement_is_told_as_one() -> None:
    change = compare(measured([100, 100]), measured([130, 130]))[0]
    assert change.is_improvement
    assert change.gain == pytest.approx(1.3)


def test_one_wild_run_moves_neither_the_median_nor_its_noise() -> None:
    assert median([1.0, 1.0, 1.0, 1.0, 50.0]) == 1
    assert noise([1.0, 1.0, 1.0, 1.0, 50.0]) == 0
    with pytest.raises(ValueError, match="no run"):
        median([])


def test_the_curve_is_the_median_of_the_runs() -> None:
    contender = ContenderResult("c", Role.OURS, runs=[Run({}, ((50.0, value),)) for value in (1.0, 9.0, 2.0)])
    assert contender.curve() == [(50.0, 2.0)]


def test_a_table_shows_who_failed_and_who_is_absent() -> None:
    text = table(measured([100.0]).scenarios[0])
    assert "broken: FAILED, LostEventsError: one" in text
    assert "janus: not here: no" in text
    assert "perf: no perf" in text
    assert f"GIL {'on' if gil_is_on() else 'off'}" in head(measured([100.0]))


@pytest.mark.parametrize(("value", "text"), [(0.1234, "0.123"), (950, "950"), (12_345, "12.3k"), (2_500_000, "2.5M")])
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_percentiles_are_in_microseconds() -> None:
    histogram = Histogram()
    for _ in range(100):
        histogram.record(2000)
    run = latency_run(histogram)
    assert run.figures["p50"] == pytest.approx(2, rel=0.05)
    assert run.curve[-1] == (100.0, run.figures["max"])


def test_the_figures_of_a_page_are_replaced_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr(pages, "draw", lambda results, folder: drawn)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pages.BEGIN}\nold\n{pages.END}\nafter\n")
    pages.rewrite(page, tmp_path / "pictures", measured([100.0]), [])
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith(f"{pages.END}\nafter\n")
    assert "| **ringbuffer** | 100 |" in text
    assert "old" not in text
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no part between"):
        pages.rewrite(page, tmp_path / "pictures", measured([100.0]), [])


def test_counters_of_perf_are_read_and_a_machine_without_them_is_named() -> None:
    counted, _ = perf.parse("1234,,cache-misses,100,100.00,,\n<not supported>,,cycles,0,100.00,,\n")
    assert counted == {"cache-misses": 1234}
    counted, reason = perf.parse("<not supported>,,cache-misses,0,100.00,,\n")
    assert counted == {}
    assert "does not count" in reason


def test_the_command_measures_saves_and_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.json"
    assert command.main(["false_sharing", "--runs", "1", "--count", "100", "--json", str(path)]) == 0
    assert command.main(["compare", str(path), str(path)]) == 0
    out = capsys.readouterr().out
    assert "padded" in out
    assert "same" in out


@pytest.mark.parametrize(
    "arguments", [["no_such_scenario"], ["compare", "one.json"], ["docs"], ["gates", "nothing"], ["--runs", "0"]]
)
def test_a_wrong_command_line_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        command.main(arguments)
    assert refusal.value.code == 2
    assert "error" in capsys.readouterr().err
