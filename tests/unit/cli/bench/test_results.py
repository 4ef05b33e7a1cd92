"""Results survive being saved, and are shown with their medians and their noise."""

from pathlib import Path

import pytest

from ringbuffer.diagnostics.histogram import FINE, Histogram
from ringbuffer.programs.bench.latency import latency_run
from ringbuffer.programs.bench.machine import describe
from ringbuffer.programs.bench.medians import median, noise
from ringbuffer.programs.bench.results import ContenderResult, Results
from ringbuffer.programs.bench.scenario import Measurement, Role
from ringbuffer.programs.bench.tables import head, number, table
from ringbuffer.programs.interpreter import gil_is_on
from tests.unit.cli.bench.kit import measured


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


def test_one_wild_run_moves_neither_the_median_nor_its_noise() -> None:
    assert median([1.0, 1.0, 1.0, 1.0, 50.0]) == 1
    assert noise([1.0, 1.0, 1.0, 1.0, 50.0]) == 0
    with pytest.raises(ValueError, match="no run"):
        median([])


def test_the_curve_is_the_median_of_the_runs() -> None:
    contender = ContenderResult(
        "c", Role.OURS, runs=[Measurement({}, ((50.0, value),)) for value in (1.0, 9.0, 2.0)]
    )
    assert contender.curve() == [(50.0, 2.0)]


def test_a_table_shows_failed_and_absent_contenders() -> None:
    text = table(measured([100.0]).scenarios[0])
    assert "broken: FAILED, LostEventsError: one" in text
    assert "janus: not here: no" in text
    assert "perf: no perf" in text
    assert f"GIL {'on' if gil_is_on() else 'off'}" in head(measured([100.0]))


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234, "0.123"), (950, "950"), (12_345, "12.3 k"), (2_500_000, "2.5 M")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_percentiles_are_in_microseconds() -> None:
    histogram = Histogram(steps=FINE)
    for _ in range(100):
        histogram.record(2000)
    run = latency_run(histogram.distribution())
    assert run.figures["p50"] == pytest.approx(2, rel=0.05)
    assert run.curve[-1] == (100.0, run.figures["max"])
