"""`make test` and `make verify`: every test belongs to a part, and each part is run and judged."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.threads import PATIENCE
from tools.suite import __main__ as command
from tools.suite import parts
from tools.suite.part import ALL, OFTEN_WAITS, ONE, Count, Part, in_turn
from tools.suite.runner import Result, Runner, Running
from tools.suite.screen import MOST_LINES, tail

PROJECT = Path(__file__).parents[3]
DONE = (Count("things", r"^did (\d+)$"),)


class Notes:
    """Notes the beginnings and the ends, and the most parts that ran at a time."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.together: set[frozenset[str]] = set()

    def begins(self, running: Running) -> None:
        self.begun.append(running.part.name)
        self._now()

    def ends(self, result: Result) -> None:
        self.ended.append(result.part.name)

    def looks(self, running: Sequence[Running]) -> None:
        self._now()

    def interrupted(self, running: Sequence[Running]) -> None:
        raise AssertionError("no test interrupts this runner")

    def _now(self) -> None:
        self.together.add(frozenset(self.begun) - frozenset(self.ended))


def part(name: str, script: str, processors: Fraction = ONE) -> Part:
    return Part(name, ("-c", script), DONE, processors)


def run(folder: Path, *chosen: Part, processors: int = 2) -> tuple[dict[str, Result], Notes]:
    notes = Notes()
    results = Runner(folder, notes, processors).run(chosen)
    return {result.part.name: result for result in results}, notes


def test_every_folder_of_unit_tests_is_in_one_group() -> None:
    grouped = [folder for group in parts.groups().values() for folder in group]
    assert sorted(grouped) == parts.folders()
    with_tests = {path.relative_to(parts.UNIT).parts[0] for path in parts.UNIT.rglob("test_*.py")}
    assert with_tests <= set(grouped)


def test_every_folder_is_in_one_part_of_the_long_unit_tests() -> None:
    long = [each for each in parts.verify() if each.name.startswith("long unit ")]
    paths = [argument for part in long for argument in part.command if "tests/unit/" in argument]
    lasting = [part for part in long if not part.repeats]
    assert len(lasting) == 2, "with one of those that take turns, as many as run at a time"
    assert sorted(path for path in paths if not path.startswith("-")) == [
        f"tests/unit/{folder}" for folder in parts.folders()
    ]
    for part in long:
        assert "verify or hypothesis" in part.command
        assert "--hypothesis-profile=thorough" in part.command


def test_parts_that_repeat_themselves_take_turns_and_all_have_theirs_in_so_many_days() -> None:
    every = parts.verify()
    chosen = [in_turn(every, 3, today) for today in range(20_000, 20_003)]
    for each in every:
        turns = sum(each in today for today in chosen)
        assert turns == (1 if each.repeats else 3), each.name
    assert in_turn(every, 1, 20_000) == every


@pytest.mark.parametrize(
    ("options", "shown"),
    [((), "mutants"), (("--days", "1000000"), "not today"), (("--days", "0"), "at least 1, not 0")],
)
def test_the_command_says_which_parts_have_their_turn(options: tuple[str, ...], shown: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.suite", "verify", "--list", *options],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown in done.stdout + done.stderr
    assert done.returncode == (2 if "0" in options else 0)


@pytest.mark.parametrize("suite", parts.SUITES)
def test_the_parts_of_a_suite_have_names_of_their_own(suite: str) -> None:
    names = [each.name for each in parts.SUITES[suite]()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("suite", parts.SUITES)
def test_the_models_are_checked_by_a_command_that_exists(suite: str) -> None:
    (models,) = (each for each in parts.SUITES[suite]() if each.counts is parts.MODELS)
    listed = subprocess.run(
        [sys.executable, *models.command, "--list"], cwd=PROJECT, capture_output=True, check=False
    )
    assert listed.returncode == 0, listed.stderr.decode()
    assert b"SingleProducer" in listed.stdout


@pytest.mark.parametrize(
    ("counts", "output", "counted"),
    [
        (
            parts.PYTEST,
            "==== 1234 passed, 2 skipped, 7 deselected in 5.1s ====",
            {"tests": 1234, "skipped": 2},
        ),
        (parts.PYTEST, "==== 1 failed, 12 passed in 5.1s (0:01:02) ====", {"tests": 12}),
        (
            parts.MODELS,
            "ok     Blocking     1,630 states  depth 32    2.0 s   chain\n"
            "FAILED Closing   37 states\n"
            "ok     FetchAdd     5 states           0.2 s   x\n",
            {"models": 2, "states": 1635},
        ),
        (parts.MUTANTS, "killed a b 1 s\nFAILED c d\nkilled e f 2 s\n", {"mutants found": 2}),
        (
            parts.SCHEDULES,
            "ok     multi  sc  preemptions 1       1,053   267   309    978    0.4 s   x\n"
            "time   gate   tso:1     preemptions 0  43   308   340  1,041    0.2 s   x\n"
            "found  torn   relaxed:1 preemptions 0   2     9     9     40    0.1 s   x\n"
            "ok     single        56     1,234    310   684    684    0    0.5 s   x\n",
            {"explorations": 3, "schedules": 1098, "runs in lock-step": 56},
        ),
        (parts.FAULTS, "found  12 schedules  a\nMISSED 9 schedules  b\n", {"faults found": 1}),
        (
            parts.INTERRUPTS,
            "interrupts: 3 calls, 99 points, 1,098 tried; 600 at random moments, 5 of them",
            {"interrupts": 1098, "at random": 600},
        ),
        (
            parts.TRACES,
            "106 runs, 1,234 accesses noted\n106 runs, 779,239 states, 340 s: x",
            {"traces": 106},
        ),
        (parts.SOAK, "9 rounds, 40,371 messages published, load", {"messages": 40_371}),
    ],
)
def test_the_numbers_are_read_from_the_output(
    counts: tuple[Count, ...], output: str, counted: dict[str, int]
) -> None:
    assert Part("", (), counts).counted(output) == counted


def test_parts_run_side_by_side_as_far_as_there_are_processors(tmp_path: Path) -> None:
    waits = "import os; os.close(os.open('{}', os.O_RDONLY if {} else os.O_WRONLY)); print('did 1')"
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)  # to open it, each of the first two waits for the other
    results, notes = run(
        tmp_path,
        part("reads", waits.format(fifo, True)),
        part("writes", waits.format(fifo, False)),
        part("everything", "print('did 1')", ALL),
        part("last", "print('did 1')"),
    )
    assert [each.problem for each in results.values()] == [""] * 4
    assert notes.begun == ["reads", "writes", "everything", "last"]
    assert all(len(names) == 1 for names in notes.together if "everything" in names)
    assert max(map(len, notes.together)) == 2


def test_three_parts_that_often_wait_run_on_two_processors(tmp_path: Path) -> None:
    # Each makes a file, and ends when it sees all three.
    script = (
        f"import os; folder = {str(tmp_path)!r}\n"
        "open(f'{folder}/{os.getpid()}.came', 'w')\n"
        "while sum(name.endswith('.came') for name in os.listdir(folder)) < 3: os.sched_yield()\n"
        "print('did 1')"
    )
    waiting = [part(name, script, OFTEN_WAITS) for name in ("one", "two", "three")]
    last = part("last", "print('did 1')", OFTEN_WAITS)
    results, notes = run(tmp_path, *waiting, last)
    assert [each.problem for each in results.values()] == [""] * 4
    assert max(map(len, notes.together)) == 3


def test_a_part_that_often_waits_runs_alone_on_one_processor(tmp_path: Path) -> None:
    two = [part(name, "print('did 1')", OFTEN_WAITS) for name in ("one", "two")]
    _, notes = run(tmp_path, *two, processors=1)
    assert max(map(len, notes.together)) == 1


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("print('did 3')", ""),
        ("print('did 3'); raise SystemExit(1)", "FAILED with exit code 1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "FAILED with signal 9"),
        ("print('all is well')", "FAILED: its output reports no things"),
        ("print('did 0')", "FAILED: its output reports no things"),
    ],
)
def test_a_part_fails_by_its_exit_code_or_if_it_reports_nothing(
    script: str, problem: str, tmp_path: Path
) -> None:
    results, _ = run(tmp_path, part("one", script), part("other", "print('did 1')"))
    assert results["one"].problem == problem
    assert results["other"].problem == ""
    assert problem or results["one"].counted == {"things": 3}


def test_a_part_reports_what_it_used_and_keeps_its_output(tmp_path: Path) -> None:
    script = "import sys; print('did 1'); print('oh', file=sys.stderr)"
    results, _ = run(tmp_path, part("a b", script))
    result = results["a b"]
    assert result.output == tmp_path / "a-b.txt"
    assert sorted(result.output.read_text().splitlines()) == ["did 1", "oh"]
    assert 0 < result.processor_seconds < PATIENCE


def test_only_the_end_of_a_long_output_is_shown(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text("\n".join(map(str, range(MOST_LINES + 5))))
    lines = tail(output).splitlines()
    assert lines[0] == f"... 5 lines more in {output}"
    assert lines[1:] == list(map(str, range(5, MOST_LINES + 5)))


FAKE = """\
import signal, sys
from pathlib import Path
from tools.suite import __main__ as command
from tools.suite import parts
from tools.suite.part import ALL, Count, Part

DONE = (Count("things", r"^did (\\d+)$"),)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
command.PROJECT = Path(sys.argv[1])
command.available_processors = lambda: 2
parts.SUITES = command.SUITES = {{
    "test": lambda: [Part(name, ("-c", script), DONE) for name, script in {}]
}}
sys.exit(command.main(["test"]))
"""


def suite_of(folder: Path, *scripts: tuple[str, str]) -> subprocess.Popen[str]:
    """The command with these parts in the place of its own, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", FAKE.format(list(scripts)), str(folder)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def test_the_table_has_a_row_for_each_part_and_the_sums(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        ("first", "print('did 1200')"),
        ("second", "print('did 34'); raise SystemExit(3)"),
    )
    output, _ = suite.communicate(timeout=PATIENCE)
    assert suite.returncode == 1, output
    lines = output.splitlines()
    (first,) = (line for line in lines if line.startswith("first "))
    (second,) = (line for line in lines if line.startswith("second "))
    assert "1,200 things" in first
    assert first.endswith("passed")
    assert "34 things" in second
    assert second.endswith("FAILED with exit code 3")
    assert any(line.startswith("make test: 1 of 2 parts FAILED") for line in lines)
    assert lines[-1] == "in all: 1,234 things"
    assert "did 34" in lines, "the output of the part that failed"
    assert "did 1200" not in lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_part_and_shows_the_table(
    number: signal.Signals, tmp_path: Path
) -> None:
    stuck = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    quick = ("quick", "print('did 1')")
    suite = suite_of(tmp_path, quick, ("one", stuck), ("two", stuck), ("late", "1"))
    assert suite.stdout is not None
    begun = []
    for line in suite.stdout:
        begun += [line.split()[1]] if line.startswith("begins") else []
        if "two," in begun:
            break
    suite.send_signal(number)
    output, _ = suite.communicate(timeout=PATIENCE)
    assert suite.returncode == 130, output
    lines = output.splitlines()
    assert any(line.startswith("one ") and line.endswith("interrupted") for line in lines)
    assert any(line.startswith("two ") and line.endswith("interrupted") for line in lines)
    assert not any(line.startswith("late ") for line in lines)
    assert any(line.startswith("make test: 1 parts passed, interrupted") for line in lines)


def test_a_second_interrupt_kills_the_parts_that_do_not_end(tmp_path: Path) -> None:
    ignores = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); open('deaf', 'w')"
    suite = suite_of(
        tmp_path,
        ("deaf", f"{ignores}; signal.pause()"),
        ("next", "import os\nwhile not os.path.exists('deaf'): os.sched_yield()\nprint('did 1')"),
    )
    assert suite.stdout is not None
    for line in suite.stdout:
        if line.startswith("ends    next"):
            suite.send_signal(signal.SIGINT)
        if line.startswith("interrupted"):
            suite.send_signal(signal.SIGINT)
            break
    output, _ = suite.communicate(timeout=PATIENCE)
    assert suite.returncode == 130, output
    (deaf,) = (line for line in output.splitlines() if line.startswith("deaf "))
    assert deaf.endswith("interrupted")


@pytest.mark.parametrize("arguments", [["test", "nowhere"], ["everything"]])
def test_a_part_that_does_not_exist_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "nowhere" in (error := capsys.readouterr().err) or "everything" in error


def test_the_list_shows_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["verify", "mutants", "--list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split()[:2] == ["mutants", "python"]
