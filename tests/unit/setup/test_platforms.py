"""What the runs on other interpreters and processors choose, read and report."""

import io
import sys
from pathlib import Path

import pytest

from tools.bootstrap.progress import Progress
from tools.platforms import chosen, runs

PROJECT = Path(__file__).parents[3]
SILENT = Progress(io.StringIO())
OUTPUT = """\
============================= test session starts ==============================
platform linux -- Python 3.14.10, pytest-9.2.0, pluggy-1.6.0
interpreter: regular build, GIL on
collected 1300 items

tests/unit/ring/test_ring.py ....................                       [100%]

=========================== short test summary info ============================
SKIPPED [2] tests/unit/ring/test_ring.py:7: it takes 3 failed attempts
{last}
"""
PASSED = "====== 1234 passed, 9 skipped, 6 deselected in 77.97s (0:01:17) ======="


def output(last: str) -> str:
    return OUTPUT.format(last=last)


def test_what_pytest_counted_is_read() -> None:
    run = runs.read("python3.14", output(PASSED), 0, 80.2, "on")
    assert run == runs.Run("python3.14", "3.14.10", "on", 1234, 0, 9, 80.2, "")


def test_errors_are_counted_as_failures() -> None:
    last = "==== 2 failed, 1 passed, 1 error in 0.30s ===="
    run = runs.read("it", output(last), 1, 1.0, "on")
    assert (run.passed, run.failed, run.problem) == (1, 3, "pytest ended with 1")
    run = runs.read("it", output("==== 1 passed, 2 errors in 0.30s ===="), 1, 1.0, "on")
    assert run.failed == 2


@pytest.mark.parametrize(
    ("last", "code", "gil", "problem"),
    [
        (PASSED, 0, "off", "the GIL was on, not off"),
        (PASSED, 4, "on", "pytest ended with 4"),
        ("=== 6 deselected in 0.10s ===", 0, "on", "no test ran"),
        ("qemu: uncaught target signal 11 - core dumped", 139, "on", "pytest ended with 139"),
        ("", 0, "on", "no test ran"),
    ],
)
def test_a_run_that_shows_nothing_has_failed(last: str, code: int, gil: str, problem: str) -> None:
    assert runs.read("it", output(last), code, 1.0, gil).problem == problem


def test_without_a_header_it_is_unknown_what_ran() -> None:
    run = runs.read("it", PASSED, 0, 1.0, "on")
    assert (run.version, run.gil, run.problem) == ("?", "?", "the GIL was ?, not on")


def test_the_table_has_a_row_for_each_run_and_says_what_failed() -> None:
    good = runs.read("python3.14", output(PASSED), 0, 80.2, "on")
    bad = runs.read("python3.15", output("=== 1 failed, 2 passed in 1s ==="), 1, 2.0, "on")
    lines = runs.table([good, bad]).splitlines()
    assert lines[1].split() == [
        "interpreter", "CPython", "GIL", "passed", "failed", "skipped", "seconds",
    ]  # fmt: skip
    assert lines[3].split() == ["python3.14", "3.14.10", "on", "1,234", "0", "9", "80"]
    assert lines[4].split() == ["python3.15", "3.14.10", "on", "2", "1", "0", "2"]
    assert len({len(line) for line in lines[1:6]}) == 1
    assert lines[6:] == ["python3.15 FAILED: pytest ended with 1"]
    assert runs.table([good]).splitlines()[-1] == "all of 1,234 tests passed"


def test_the_output_of_a_run_goes_into_a_file_and_its_end_is_printed_if_it_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "build" / "it.log"
    program = "import sys; print(sys.argv[1]); sys.exit(int(sys.argv[2]))"
    command = [sys.executable, "-c", program]
    said = io.StringIO()
    run = runs.run("it", [*command, output(PASSED), "0"], log, "on", Progress(said))
    assert (run.passed, run.problem) == (1234, "")
    assert log.read_text().strip() == output(PASSED).strip()
    assert capsys.readouterr().out == ""
    assert "passed" in said.getvalue()
    run = runs.run("it", [*command, "no module named pytest", "1"], log, "on", SILENT)
    assert run.problem == "pytest ended with 1"
    assert "no module named pytest" in capsys.readouterr().out


def test_what_is_chosen_is_there() -> None:
    for each in (*chosen.CORE, *chosen.LIBRARY, *chosen.MEETING):
        assert (PROJECT / "tests" / "unit" / each).exists(), each
    assert {each.split("/")[0] for each in chosen.CORE} <= set(chosen.LIBRARY)
    assert set(chosen.MEETING) <= set(chosen.LIBRARY)


def test_a_folder_of_tests_is_of_the_library_or_of_this_repository() -> None:
    of_the_repository = {
        "benchmarks", "docs", "examples", "interrupts", "layout", "model", "prover",
        "regular_build", "schedules", "setup", "soak", "stress", "suite", "traces",
    }  # fmt: skip
    folders = {path.parent.name for path in (PROJECT / "tests" / "unit").glob("*/__init__.py")}
    assert folders == of_the_repository | set(chosen.LIBRARY)


def test_pytest_runs_in_the_repository_with_a_limit_for_each_test() -> None:
    command = chosen.pytest("/usr/bin/python3.15", ["ring", "wait"])
    assert command[:3] == ["env", "--chdir=/project", "/usr/bin/python3.15"]
    assert command[-2:] == ["tests/unit/ring", "tests/unit/wait"]
    assert "--timeout=300" in command


def test_packages_are_linked_but_for_those_that_are_taken_from_elsewhere(tmp_path: Path) -> None:
    packages = tmp_path / "installed"
    for name in ("pytest", "atomics"):
        (packages / name).mkdir(parents=True)
    (packages / "ours.pth").write_text("/nowhere")
    site = chosen.link_packages(packages, tmp_path, {"atomics": "/atomics/atomics"})
    found = {each.name: str(each.readlink()) for each in site.iterdir()}
    assert found == {"pytest": "/packages/pytest", "atomics": "/atomics/atomics"}


def test_what_is_kept_is_in_the_cache_of_the_user(tmp_path: Path) -> None:
    found = chosen.cache("it", {"XDG_CACHE_HOME": str(tmp_path)})
    assert found == tmp_path / "ringbuffer" / "it"
    assert chosen.cache("it", {}) == Path.home() / ".cache" / "ringbuffer" / "it"
