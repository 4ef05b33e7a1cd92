import io
import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ringbuffer.cli import demo
from ringbuffer.cli.main import main
from ringbuffer.programs.demo import checks
from ringbuffer.programs.demo import replay as replaying
from ringbuffer.programs.demo.counter import Counter
from ringbuffer.programs.demo.event import LineEvent
from ringbuffer.programs.demo.indexer import Indexer
from ringbuffer.programs.demo.journal import Journal
from ringbuffer.programs.demo.journal import replay as read_journal
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.replay import Replay
from ringbuffer.programs.demo.report import Report
from ringbuffer.programs.demo.source import LineSource
from tests.support.threads import none_are_left
from tests.unit.cli.kit import PROJECT, QUIET, Terminal, replayed

README = str(PROJECT / "README.md")


# -- when all is well -----------------------------------------------------------------------------


def test_a_replay_passes_its_checks(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tree), "--buffer-size", "2"]) == 0
    output, progress = capsys.readouterr()
    assert "5 lines of 3 file(s)" in output
    assert output.count("  ok     ") == 4
    assert "0 violations in 5 lines" in output
    assert "FAILED" not in output
    assert progress == ""


@pytest.mark.parametrize("strategy", demo.STRATEGIES)
def test_a_replay_works_with_every_strategy(
    tree: Path, strategy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", str(tree), "--wait-strategy", strategy, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["events"], report["wait_strategy"], report["passed"]) == (5, strategy, True)
    assert set(report["latency_seconds"]) == {"p50", "p99", "p99.9", "max"}
    assert [check["passed"] for check in report["checks"]] == [True] * 4


def test_many_laps_of_a_small_ring_keep_every_line(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"".join(b"line %d\n" % number for number in range(4_000)))
    source = LineSource.of([str(tmp_path / "long")])
    result = replayed(source, tmp_path / "journal", buffer_size=8)
    assert all(each.passed for each in checks.check(source, result, tmp_path / "journal", QUIET))
    assert 0 < result.occupancy_mean <= result.occupancy_max <= 1


def test_the_ring_keeps_no_line_alive(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[LineEvent] = []

    class Kept(LineEvent):
        __slots__ = ()

        def __init__(self) -> None:
            super().__init__()
            events.append(self)

    monkeypatch.setattr(replaying, "LineEvent", Kept)
    assert replayed(LineSource.of([str(tree)]), tmp_path / "journal", buffer_size=4).published == 5
    assert [event.line for event in events] == [b""] * 4


def test_the_journal_is_kept_where_it_was_wanted(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "kept"
    for _ in range(2):  # an older journal is overwritten
        assert main(["demo", str(tree), "--journal", str(journal)]) == 0
        assert len(list(read_journal(journal))) == 5
        assert f"{journal} ({journal.stat().st_size:,} bytes)" in capsys.readouterr().out


def test_a_limit_ends_the_replay_after_so_many_lines(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", str(tree), "--limit", "3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["events"], report["interrupted"], report["passed"]) == (3, False, True)


def test_an_empty_input_is_replayed_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert main(["demo", str(tmp_path)]) == 0
    assert "0 lines of 1 file(s)" in capsys.readouterr().out


def test_the_module_replays_its_standard_input() -> None:
    command_line = [sys.executable, "-W", "error", "-m", "ringbuffer", "demo", "-"]
    done = subprocess.run(
        command_line, input=b"a line\n", capture_output=True, timeout=60, check=False, cwd=PROJECT
    )
    assert done.returncode == 0, done.stderr
    assert b"1 lines of 1 file(s)" in done.stdout
    assert done.stderr == b""


def test_the_library_does_not_import_the_command_line() -> None:
    script = (
        "import sys, ringbuffer; floors = ('ringbuffer.cli', 'ringbuffer.programs'); "
        "sys.exit(any(name.startswith(floors) for name in sys.modules))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", script], timeout=60, check=False, cwd=PROJECT
        ).returncode
        == 0
    )


# -- what cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["nowhere"], [README, "--journal", "/nowhere/x"], [README, "--journal", "/"]]
)
def test_what_cannot_be_used_is_refused_with_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", *arguments]) == 2
    assert capsys.readouterr().err.startswith("ringbuffer demo: ")


def test_input_of_binary_files_only_has_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary").write_bytes(b"\0")
    assert main(["demo", str(tmp_path)]) == 2
    assert "nothing to read: 1 file(s) are unreadable or binary" in capsys.readouterr().err


def test_a_journal_that_would_overwrite_its_input_is_refused(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", str(tree), "--journal", str(tree / "deep" / ".." / "a.txt")]) == 2
    assert "part of the input" in capsys.readouterr().err
    assert (tree / "a.txt").read_bytes() == b"one two\ntwo three\n"


def test_a_journal_that_is_a_pipe_is_refused(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main(["demo", str(tree), "--journal", str(tmp_path / "pipe")]) == 2
    assert "is a pipe" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["demo", "--wait-strategy", "hoping"],
        ["demo", "--buffer-size", "3"],
        ["demo", "--buffer-size", "0"],
        ["demo", "--buffer-size", str(1 << 25)],
        ["demo", "--limit", "-1"],
        ["demo", "--limit", "many"],
    ],
)
def test_a_wrong_command_line_has_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: ringbuffer" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"]])
def test_help_explains_the_exit_codes(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "130" in capsys.readouterr().out


# -- checks that fail -----------------------------------------------------------------------------


def test_a_tampered_journal_fails_its_check_and_no_other(tree: Path, tmp_path: Path) -> None:
    source = LineSource.of([str(tree)])
    journal = tmp_path / "journal"
    result = replayed(source, journal)
    content = bytearray(journal.read_bytes())
    content[-1] ^= 1
    journal.write_bytes(content)
    assert [each.passed for each in checks.check(source, result, journal, QUIET)] == [
        False,
        True,
        True,
        True,
    ]
    journal.write_bytes(content[:-3])
    assert "within a line" in checks.check(source, result, journal, QUIET)[0].detail
    journal.unlink()
    assert "No such file" in checks.check(source, result, journal, QUIET)[0].detail


def test_a_journal_tampered_with_before_the_checks_has_exit_code_1(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tamper(
        source: LineSource, result: Replay, journal: Path, progress: ProgressLine
    ) -> list[checks.Check]:
        journal.write_bytes(journal.read_bytes().replace(b"three", b"eerht"))
        return checks.check(source, result, journal, progress)

    monkeypatch.setattr(demo, "check", tamper)
    assert main(["demo", str(tree)]) == 1
    assert "FAILED the journal replays to the input: 5 records" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("consumer", "check"),
    [
        (Journal, "the indexer came after both others: 5 violations in 5 lines"),
        (Counter, "the indexer came after both others: 5 violations in 5 lines"),
        (Counter, "the counts equal a plain pass"),
        (Journal, "the journal replays to the input"),
    ],
)
def test_a_consumer_that_skips_its_work_is_found_out(
    consumer: type,
    check: str,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(consumer, "on_event", lambda *arguments: None)
    assert main(["demo", str(tree)]) == 1
    assert f"FAILED {check}" in capsys.readouterr().out


def test_a_word_that_was_lost_fails_the_check_of_the_index(tree: Path, tmp_path: Path) -> None:
    source = LineSource.of([str(tree)])
    result = replayed(source, tmp_path / "journal")
    del result.indexer.words[b"two"]
    assert [each.passed for each in checks.check(source, result, tmp_path / "journal", QUIET)] == [
        True,
        True,
        False,
        True,
    ]


def test_input_that_changes_meanwhile_is_reported_as_such(tree: Path, tmp_path: Path) -> None:
    for number in range(4):
        (tree / f"log{number}").write_bytes(b"first\n")
    source = LineSource.of([str(tree)])
    result = replayed(source, tmp_path / "journal")
    for number in range(4):
        (tree / f"log{number}").write_bytes(b"first\nsecond\n")
    last = checks.check(source, result, tmp_path / "journal", QUIET)[-1]
    assert (last.name, last.passed) == ("the input stayed the same", False)
    assert last.detail.startswith("4 file(s) changed during the demo: ")
    assert last.detail.endswith(", …")


# -- consumers that die ---------------------------------------------------------------------------


@pytest.mark.parametrize("consumer", [Journal, Counter, Indexer])
@pytest.mark.parametrize("lines", [1, 20_000])
def test_a_consumer_that_dies_ends_the_demo_with_exit_code_1(
    consumer: type,
    lines: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(consumer, "on_event", fail)
    (tmp_path / "input").write_bytes(b"line\n" * lines)
    assert main(["demo", str(tmp_path / "input"), "--buffer-size", "64"]) == 1
    output, errors = capsys.readouterr()
    name = consumer.__name__.lower()
    assert f"FAILED the {name} died of OSError: [Errno 28] No space left on device" in output
    assert "the checks were not made" in output
    assert errors == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_ends_the_demo_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "input").write_bytes(b"line\n" * 20_000)
    assert main(["demo", str(tmp_path / "input"), "--journal", "/dev/full", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["failure"] == {
        "consumer": "journal",
        "error": "OSError: [Errno 28] No space left on device",
    }
    assert (report["checks"], report["passed"]) == (None, False)


@pytest.mark.parametrize("failure", [ZeroDivisionError, SystemExit])
def test_a_consumer_that_dies_of_a_bug_shows_where(
    failure: type[BaseException],
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*arguments: object) -> None:
        raise failure("oops")

    monkeypatch.setattr(Counter, "add", fail)
    assert main(["demo", str(tree)]) == 1
    output, errors = capsys.readouterr()
    assert f"the counter died of {failure.__name__}: oops" in output
    assert "Traceback" in errors
    assert "counter.py" in errors


@pytest.mark.parametrize("hook", ["on_start", "on_shutdown"])
def test_a_consumer_that_fails_outside_its_events_is_noticed(
    hook: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> None:
        raise OSError("oops")

    monkeypatch.setattr(Counter, hook, fail, raising=False)
    assert main(["demo", str(tree)]) == 1


def test_a_demo_leaves_no_thread_behind(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.enumerate()
    assert main(["demo", str(tree)]) == 0
    monkeypatch.setattr(Counter, "add", None)
    assert main(["demo", str(tree)]) == 1
    assert none_are_left(before)


# -- what is shown --------------------------------------------------------------------------------


def test_progress_is_shown_on_a_terminal_only() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe, None):
        line = ProgressLine(stream)
        line.update("replaying", 1_234)
        line.update("replaying", 1_235)  # too soon
        line.update("checking", 7)  # another phase is shown at once
        line.clear()
    assert terminal.getvalue().count("replaying: 1,234 lines, ") == 1
    assert "1,235" not in terminal.getvalue()
    assert "checking: 7 lines, " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert pipe.getvalue() == ""


def test_progress_goes_through_the_phases_and_shows_the_rate(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(ProgressLine, "INTERVAL", 0.0)
    (tree / "long").write_bytes(b"line\n" * 2_000)
    assert main(["demo", str(tree), "--buffer-size", "64"]) == 0
    shown = terminal.getvalue()
    assert (
        shown.index("replaying: ")
        < shown.index("checking the input: ")
        < shown.index("checking the journal: ")
    )
    assert " lines/s" in shown


def test_many_skipped_files_are_summed_up(tree: Path) -> None:
    for number in range(8):
        (tree / f"binary{number}").write_bytes(b"\0")
    source = LineSource.of([str(tree)])
    report = Report(source, Replay(Counter(0), Indexer(threading.Event())), [], 4, "yielding", None)
    assert "skipped     8 file(s)" in report.as_text()
    assert "and 3 more" in report.as_text()
    assert "0 events/s" in report.as_text()
    assert len(json.loads(report.as_json())["skipped"]) == 8


def test_long_times_are_shown_in_milliseconds(tree: Path) -> None:
    result = Replay(Counter(0), Indexer(threading.Event()))
    result.indexer.latency.record(2_500_000)
    text = Report(LineSource.of([str(tree)]), result, [], 4, "yielding", None).as_text()
    assert "max 2.56 ms" in text


def test_file_names_that_no_terminal_can_show_do_not_stop_the_report(tree: Path) -> None:
    (tree / os.fsdecode(b"\xff.bin")).write_bytes(b"\0")
    done = subprocess.run(
        [sys.executable, "-m", "ringbuffer", "demo", str(tree)],
        capture_output=True,
        timeout=60,
        check=False,
        cwd=PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )
    assert done.returncode == 0, done.stderr
    assert b"\\udcff.bin: binary" in done.stdout
    assert done.stdout.isascii()


def test_a_consumers_death_is_not_logged_twice(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", README])
    main(["demo", README])
    handlers = logging.getLogger("ringbuffer").handlers
    assert sum(isinstance(handler, logging.NullHandler) for handler in handlers) <= 1
