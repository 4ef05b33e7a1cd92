"""Results are compared, and get into the documentation without a hand."""

from pathlib import Path

import pytest

from benchmarks import command, pages, perf
from benchmarks.compare import compare, report
from benchmarks.forms import in_one_form
from benchmarks.gates import Gate
from tests.unit.cli.bench.kit import measured


def test_a_regression_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert not report(measured([100, 101, 99]), measured([80, 81, 79]))
    assert "SLOWER unicast" in capsys.readouterr().out


def test_noise_and_a_change_of_a_peer_are_not_regressions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report(measured([100, 101, 99], [10.0]), measured([98, 99, 97], [5.0]))
    assert report(measured([100, 60, 140]), measured([80, 40, 120]))
    assert "0 of the library's own became slower" in capsys.readouterr().out


def test_an_improvement_is_reported_as_one() -> None:
    change = compare(measured([100, 100]), measured([130, 130]))[0]
    assert change.is_improvement
    assert change.gain == pytest.approx(1.3)


def test_the_figures_of_a_page_are_replaced_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr(pages, "draw", lambda results, folder: drawn)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pages.BEGIN}\nold\n{pages.END}\nafter\n")
    pages.rewrite(page, tmp_path / "pictures", measured([100.0]), [])
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith(f"{pages.END}\nafter\n")
    assert "| **ringbuffer** | 100 /s |" in text
    assert "old" not in text
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no part between"):
        pages.rewrite(page, tmp_path / "pictures", measured([100.0]), [])


@pytest.mark.parametrize(
    ("value", "figure", "text"),
    [
        (1_170_000, "rate", "1.17 M/s"),
        (404_321, "rate", "404 k/s"),
        (600_000, "rate", "600 k/s"),
        (100, "stores", "100 /s"),
        (2_251, "p99", "2.25 k"),
        (7.934, "p50", "7.93"),
        (9.664, "", "9.66"),
    ],
)
def test_pages_write_numbers_in_one_form(value: float, figure: str, text: str) -> None:
    assert in_one_form(value, figure) == text


def test_a_page_shows_the_target_beside_what_was_measured() -> None:
    gates = [
        Gate("events/s", "unicast", "rate", ("ringbuffer",), at_least=600_000, moonshot=2e6),
        Gate("less", "unicast", "rate", ("ringbuffer",), at_most=200.0),
    ]
    assert pages.promises(measured([100.0, 100.0]), gates).splitlines()[2:] == [
        "| events/s | 100 /s ± 0 /s, **not reached** | 600 k/s |",
        "| less | 100 /s ± 0 /s | ≤ 200 /s |",
    ]


def test_counters_of_perf_are_read_and_a_machine_without_them_is_named() -> None:
    counted, _ = perf.parse("1234,,cache-misses,100,100.00,,\n<not supported>,,cycles,0,100.00,,\n")
    assert counted == {"cache-misses": 1234}
    counted, reason = perf.parse("<not supported>,,cache-misses,0,100.00,,\n")
    assert counted == {}
    assert "does not count" in reason


def test_the_command_measures_saves_and_compares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    assert (
        command.main(["false_sharing", "--runs", "1", "--count", "100", "--json", str(path)]) == 0
    )
    assert command.main(["compare", str(path), str(path)]) == 0
    out = capsys.readouterr().out
    assert "padded" in out
    assert "same" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["no_such_scenario"],
        ["compare", "one.json"],
        ["docs"],
        ["gates", "nothing"],
        ["--runs", "0"],
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        command.main(arguments)
    assert refusal.value.code == 2
    assert "error" in capsys.readouterr().err
