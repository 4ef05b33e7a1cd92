"""The figures of the README are written by a command."""

from pathlib import Path

import pytest

from benchmarks import command, pages, readme
from benchmarks.scenarios import names
from ringbuffer.programs.bench.machine import describe
from ringbuffer.programs.bench.results import ContenderResult, Results, ScenarioResult
from ringbuffer.programs.bench.scenario import Measurement, Role
from tests.unit.cli.bench.kit import measured

PROJECT = Path(__file__).parents[3]


def contender(name: str, role: Role, rates: list[float]) -> ContenderResult:
    runs = [Measurement({"rate": rate, "cpu": 1e6 / rate}) for rate in rates]
    return ContenderResult(name, role, count=9, runs=runs)


def of_the_service() -> Results:
    contenders = [
        contender("queue.Queue", Role.PEER, [20_000.0, 10_000.0, 30_000.0]),
        contender("Disruptor", Role.OURS, [80_000.0, 50_000.0, 90_000.0]),
    ]
    scenario = ScenarioResult("service", "A service.\n\n    P --> C\n", "rate", contenders)
    return Results(describe() | {"load": [3.0]}, {"runs": 3, "seconds": 0.5}, [scenario])


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page with marks, and no matplotlib."""
    monkeypatch.setattr(readme, "draw", lambda results, folder: [folder / "service.svg"])
    page = tmp_path / "README.md"
    page.write_text(f"before\n{readme.BEGIN}\nold\n{pages.END}\nafter\n")
    return page


def test_the_figures_are_replaced_and_nothing_else(page: Path) -> None:
    readme.rewrite(page, page.parent / "docs", of_the_service())
    text = page.read_text()
    assert text.startswith(f"before\n{readme.BEGIN}\n\n| | events |")
    assert text.endswith(f"(docs/service.svg)\n\n{pages.END}\nafter\n")
    assert "old" not in text


def test_the_ratio_is_that_of_neighbouring_runs(page: Path) -> None:
    readme.rewrite(page, page.parent, of_the_service())
    text = " ".join(page.read_text().split())
    assert "| `Disruptor` | 80 k/s | 12.5 µs |" in text
    assert "handled 4 times as many events" in text
    assert "medians of 3 interleaved runs of about 0.5 s each, on a machine that was busy" in text


def test_results_without_the_service_change_nothing(page: Path) -> None:
    before = page.read_text()
    with pytest.raises(ValueError, match="'service' was not measured"):
        readme.rewrite(page, page.parent, measured([100.0]))
    assert page.read_text() == before


def test_the_command_takes_one_file_of_results() -> None:
    with pytest.raises(SystemExit) as refusal:
        command.main(["readme"])
    assert refusal.value.code == 2


def test_lines_of_code_are_those_with_more_than_comments_and_docstrings() -> None:
    source = "\n".join(
        (
            '"""A',
            'program."""',
            "# why",
            "x = 1  # one",
            "",
            'y = """',
            "",
            '"""',
            "if x:",
            '    """No."""',
            "    z = (",
            "        x)",
        )
    )
    assert sorted(set(readme.code_lines(source))) == [4, 6, 7, 8, 9, 11, 12]


def test_the_readme_counts_the_scenarios() -> None:
    assert f"runs {len(names())} scenarios" in (PROJECT / "README.md").read_text()


def test_the_readme_has_the_marks_and_the_picture() -> None:
    pages.split(PROJECT / "README.md", readme.BEGIN)
    assert "(docs/pictures/service.svg)" in (PROJECT / "README.md").read_text()
