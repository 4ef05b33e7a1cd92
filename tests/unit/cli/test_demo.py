import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ringbuffer import YieldingWaitStrategy
from ringbuffer.cli.demo import checks, command
from ringbuffer.cli.demo import replay as replaying
from ringbuffer.cli.demo.counter import Counter
from ringbuffer.cli.demo.event import END_OF_INPUT, LineEvent
from ringbuffer.cli.demo.histogram import Histogram
from ringbuffer.cli.demo.indexer import Indexer, add_words
from ringbuffer.cli.demo.journal import Journal, JournalError
from ringbuffer.cli.demo.journal import replay as read_journal
from ringbuffer.cli.demo.progress import ProgressLine
from ringbuffer.cli.demo.replay import Replay
from ringbuffer.cli.demo.report import as_json, as_text
from ringbuffer.cli.demo.source import Source, SourceError
from ringbuffer.cli.main import main

PROJECT = Path(__file__).parents[3]
QUIET = ProgressLine(io.StringIO())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "input"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"one two\ntwo three\n")
    (folder / "deep" / "b.txt").write_bytes(b"three\r\n\r\nno newline at the end")
    (folder / "empty.txt").write_bytes(b"")
    return folder


def event(file: int, line: bytes) -> LineEvent:
    filled = LineEvent()
    filled.file, filled.line = file, line
    return filled


# -- the source -----------------------------------------------------------------------------------------------------


def test_a_folder_is_read_line_by_line_and_always_the_same(tree: Path) -> None:
    source = Source.of([str(tree)])
    lines = list(source.lines())
    assert lines == list(source.lines())
    assert lines == [(0, b"one two\n"), (0, b"two three\n"), (1, b"three\r\n"), (1, b"\r\n"), (1, b"no newline at the end")]
    assert [file.name for file in source.files] == ["a.txt", "b.txt", "empty.txt"]


def test_binary_and_unreadable_files_are_skipped_with_a_reason(tree: Path) -> None:
    (tree / "binary").write_bytes(b"text\0text")
    (tree / "dangling").symlink_to(tree / "nowhere")
    os.mkfifo(tree / "pipe")
    source = Source.of([str(tree)])
    assert {(file.name, reason) for file, reason in source.skipped} == {
        ("binary", "binary"),
        ("dangling", "a dangling link"),
        ("pipe", "not a regular file"),
    }


def test_a_file_that_cannot_be_opened_is_skipped(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = Path.open

    def refuse(self: Path, *arguments: str) -> object:
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return really_open(self, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    source = Source.of([str(tree)])
    assert source.skipped == [(tree / "a.txt", "Permission denied")]


def test_a_file_that_vanishes_before_it_is_read_ends_there(tree: Path) -> None:
    source = Source.of([str(tree)])
    (tree / "a.txt").unlink()
    assert [file for file, _ in source.lines()] == [1, 1, 1]
    assert source.skipped == [(tree / "a.txt", "while reading: No such file or directory")]


def test_standard_input_is_kept_and_can_be_read_twice() -> None:
    source = Source.of(["-"], io.BytesIO(b"a\nb\n"))
    assert list(source.lines()) == list(source.lines()) == [(0, b"a\n"), (0, b"b\n")]
    copy = source.files[0]
    source.close()
    assert not copy.exists()


def test_without_a_path_the_standard_library_is_read() -> None:
    source = Source.of([])
    names = {file.name for file in source.files}
    assert {"threading.py", "queue.py"} <= names
    assert not any("site-packages" in file.parts for file in source.files)


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere does not exist"):
        Source.of([str(tmp_path / "nowhere")])


def test_input_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no files there"):
        Source.of([str(tmp_path)])
    (tmp_path / "binary").write_bytes(b"\0")
    with pytest.raises(SourceError, match=r"1 file\(s\) were unreadable or binary"):
        Source.of([str(tmp_path)])


# -- the consumers --------------------------------------------------------------------------------------------------


def test_a_journal_replays_to_what_was_written(tmp_path: Path) -> None:
    records = [(0, b"one\n"), (7, b""), (1 << 20, b"\0" * 1000)]
    with (tmp_path / "journal").open("wb") as stream:
        journal = Journal(stream)
        for number, record in enumerate(records):
            journal.on_event(event(*record), number, False)
        journal.on_event(event(END_OF_INPUT, b""), len(records), True)
        assert list(read_journal(tmp_path / "journal")) == records  # flushed at the end of the batch


@pytest.mark.parametrize(("cut", "where"), [(3, "within a line"), (10, "within a prefix")])
def test_a_journal_that_was_cut_off_is_an_error(tmp_path: Path, cut: int, where: str) -> None:
    path = tmp_path / "journal"
    with path.open("wb") as stream:
        Journal(stream).on_event(event(0, b"12345"), 0, True)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(JournalError, match=where):
        list(read_journal(path))


def test_the_counter_counts_lines_and_bytes_of_each_file() -> None:
    counter = Counter(2)
    for number, (file, line) in enumerate([(0, b"abc"), (1, b"x\n"), (0, b"de"), (END_OF_INPUT, b"")]):
        counter.on_event(event(file, line), number, False)
    assert (counter.lines, counter.bytes) == ([2, 1], [5, 2])


def test_the_indexer_counts_words_and_empties_the_event() -> None:
    finished = threading.Event()
    indexer = Indexer(finished)
    line = event(0, b"a_word, a_word and _2more 3x")
    indexer.on_batch_start(1, 1)
    indexer.on_event(line, 0, True)
    assert indexer.words == {b"a_word": 2, b"and": 1, b"_2more": 1, b"x": 1}
    assert line.line == b""
    assert not finished.is_set()
    indexer.on_event(event(END_OF_INPUT, b""), 1, True)
    assert finished.is_set()
    assert indexer.latency.total == 1


def test_the_indexer_notices_what_comes_too_early() -> None:
    from ringbuffer import Sequence

    indexer = Indexer(threading.Event(), Sequence(5), Sequence(3))
    indexer.on_batch_start(2, 2)
    indexer.on_event(event(0, b""), 3, False)
    indexer.on_event(event(0, b""), 4, True)
    assert indexer.violations == 1


def test_words_are_identifiers() -> None:
    words: dict[bytes, int] = {}
    add_words(words, "def f(größe): return f".encode())
    assert words == {b"def": 1, b"f": 2, b"gr": 1, b"e": 1, b"return": 1}


def test_percentiles_are_right_to_the_width_of_a_bucket() -> None:
    values = [random.Random(7).randrange(1 << random.Random(number).randrange(1, 40)) for number in range(5_000)]
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    values.sort()
    for percent in (0, 10, 50, 90, 99, 99.9, 100):
        exact = values[max(0, -(-len(values) * int(percent * 10) // 1000) - 1)]
        assert exact <= histogram.percentile(percent) <= exact * (1 + 1 / 16) + 1


def test_a_histogram_of_nothing_is_nothing_and_negative_times_are_zero() -> None:
    histogram = Histogram()
    assert histogram.percentile(99) == histogram.maximum == 0
    histogram.record(-5)
    assert (histogram.percentile(50), histogram.total) == (0, 1)


# -- the whole ------------------------------------------------------------------------------------------------------


def test_a_replay_passes_its_checks(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tree), "--buffer-size", "2"]) == 0
    output, progress = capsys.readouterr()
    assert "5 lines of 3 files" in output
    assert output.count("  ok     ") == 4
    assert "FAILED" not in output
    assert progress == ""


@pytest.mark.parametrize("strategy", command.STRATEGIES)
def test_a_replay_works_with_every_strategy(tree: Path, strategy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tree), "--wait-strategy", strategy, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["events"] == 5
    assert all(check["passed"] for check in report["checks"])
    assert set(report["latency_seconds"]) == {"p50", "p99", "p99.9"}


def test_the_journal_is_kept_where_it_was_wanted(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "kept"
    assert main(["demo", str(tree), "--journal", str(journal)]) == 0
    assert len(list(read_journal(journal))) == 5
    assert str(journal) in capsys.readouterr().out


def test_an_empty_input_is_replayed_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert main(["demo", str(tmp_path)]) == 0
    assert "0 lines of 1 files" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["nowhere"], [str(PROJECT / "README.md"), "--buffer-size", "3"], [str(PROJECT / "README.md"), "--journal", "/nowhere/x"]],
)
def test_what_cannot_be_used_is_refused_with_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *arguments]) == 2
    assert capsys.readouterr().err.startswith("ringbuffer demo: ")


def test_a_wrong_command_line_has_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["nothing"], ["demo", "--wait-strategy", "hoping"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "usage: ringbuffer" in capsys.readouterr().err


def test_help_explains_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["demo", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        assert "130" in capsys.readouterr().out


def test_a_tampered_journal_fails_the_check(tree: Path, tmp_path: Path) -> None:
    source = Source.of([str(tree)])
    journal = tmp_path / "journal"
    replayed = replaying.replay(source, journal, 4, YieldingWaitStrategy(), QUIET)
    assert all(each.passed for each in checks.check(source, replayed, journal, QUIET))
    content = bytearray(journal.read_bytes())
    content[-1] ^= 1
    journal.write_bytes(content)
    assert [each.passed for each in checks.check(source, replayed, journal, QUIET)] == [False, True, True, True]
    journal.write_bytes(content[:-3])
    assert "within a line" in checks.check(source, replayed, journal, QUIET)[0].detail


def test_a_failed_check_has_exit_code_1(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Counter, "on_event", lambda *arguments: None)
    assert main(["demo", str(tree)]) == 1
    assert "FAILED the counts equal a plain pass" in capsys.readouterr().out


@pytest.mark.parametrize("handler", [Journal, Counter, Indexer])
def test_a_consumer_that_dies_ends_the_demo_with_exit_code_1(
    handler: type, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(handler, "on_event", fail)
    (tree / "long.txt").write_bytes(b"line\n" * 20_000)
    assert main(["demo", str(tree), "--buffer-size", "64"]) == 1
    assert "a consumer died of OSError: [Errno 28] No space left on device" in capsys.readouterr().out


class InterruptedSource(Source):
    """Ctrl-C after some lines, as often as told."""

    def __init__(self, tree: Path, after: int) -> None:
        super().__init__()
        self.files.extend(sorted(tree.glob("*.txt")))
        self.after = after

    def lines(self):  # type: ignore[no-untyped-def]
        for number, line in enumerate(super().lines()):
            if number == self.after:
                self.after = -1
                raise KeyboardInterrupt
            yield line


def test_ctrl_c_finishes_and_checks_what_was_published(tree: Path, tmp_path: Path) -> None:
    (tree / "long.txt").write_bytes(b"some words\n" * 1_000)
    source = InterruptedSource(tree, 700)
    replayed = replaying.replay(source, tmp_path / "journal", 16, YieldingWaitStrategy(), QUIET)
    assert replayed.interrupted
    assert replayed.published == sum(replayed.counter.lines) == 700
    results = checks.check(source, replayed, tmp_path / "journal", QUIET)
    assert all(each.passed for each in results)
    assert "(interrupted)" in as_text(source, replayed, results, None, "")
    assert json.loads(as_json(source, replayed, results, ""))["interrupted"]


def test_a_first_ctrl_c_while_draining_waits_on_and_a_second_does_not() -> None:
    class Finishing(threading.Event):
        interrupts = 1

        def wait(self, timeout: float | None = None) -> bool:
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt
            return True

    replayed = Replay(Counter(0), Indexer(threading.Event()))
    replaying._wait(Finishing(), replayed)
    assert replayed.interrupted
    with pytest.raises(KeyboardInterrupt):
        replaying._wait(Finishing(), replayed)


INTERRUPTING = """
import os, signal, sys
from ringbuffer.cli.demo import replay
from ringbuffer.cli.main import main

class Interrupting(replay.Journal):
    def on_event(self, event, sequence, end_of_batch):
        super().on_event(event, sequence, end_of_batch)
        if sequence == 500:
            os.kill(os.getpid(), signal.SIGINT)

replay.Journal = Interrupting
sys.exit(main(sys.argv[1:]))
"""


def test_a_real_sigint_during_the_replay_ends_it_cleanly_with_exit_code_130(tmp_path: Path) -> None:
    # In a process of its own: an interrupt within a trace function would switch coverage off here.
    (tmp_path / "long.txt").write_bytes(b"some words in a line\n" * 200_000)
    command_line = [sys.executable, "-c", INTERRUPTING, "demo", str(tmp_path), "--buffer-size", "16", "--json"]
    done = subprocess.run(command_line, capture_output=True, timeout=100, check=False)
    assert done.returncode == 130, done.stderr
    report = json.loads(done.stdout)
    assert 500 < report["events"] < 200_000
    assert all(check["passed"] for check in report["checks"])


def test_a_real_sigint_while_standard_input_is_read_aborts_with_exit_code_130(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command_line = [sys.executable, "-W", "error", "-m", "ringbuffer", "demo", "-"]
    with subprocess.Popen(
        command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"line\n" * 200_000)  # more than a pipe holds: the demo is reading when this returns
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, b"")
    assert b"aborted; nothing was checked" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_ctrl_c_outside_the_replay_aborts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "check", interrupt)
    assert main(["demo", str(PROJECT / "README.md")]) == 130
    monkeypatch.setattr(Source, "of", interrupt)
    assert main(["demo", str(PROJECT / "README.md")]) == 130
    assert capsys.readouterr().err.count("aborted; nothing was checked") == 2


def test_an_interrupted_run_that_is_right_has_exit_code_130(monkeypatch: pytest.MonkeyPatch, tree: Path) -> None:
    monkeypatch.setattr(Source, "of", lambda paths: InterruptedSource(tree, 1))
    assert main(["demo", str(tree)]) == 130


def test_progress_is_shown_on_a_terminal_only() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        line = ProgressLine(stream)
        line.update("replaying", 1_234)
        line.update("replaying", 1_235)  # too soon
        line.clear()
    assert terminal.getvalue().count("replaying: 1,234 lines") == 1
    assert "1,235" not in terminal.getvalue()
    assert pipe.getvalue() == ""


def test_many_skipped_files_are_summed_up(tree: Path) -> None:
    for number in range(8):
        (tree / f"binary{number}").write_bytes(b"\0")
    source = Source.of([str(tree)])
    text = as_text(source, Replay(Counter(0), Indexer(threading.Event())), [], None, "")
    assert "skipped     8 file(s)" in text
    assert "and 3 more" in text
    assert "0 events/s" in text


def test_the_module_runs_as_a_program(tree: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ringbuffer", "demo", "-"], input=b"a line\n", capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"1 lines of 1 files" in done.stdout
    assert done.stderr == b""
