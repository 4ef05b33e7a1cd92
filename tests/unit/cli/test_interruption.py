import json
import os
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringbuffer import RingBuffer
from ringbuffer.cli import demo as demo_command
from ringbuffer.cli.main import main
from ringbuffer.programs.demo import checks
from ringbuffer.programs.demo import replay as replaying
from ringbuffer.programs.demo.counter import Counter
from ringbuffer.programs.demo.event import LineEvent
from ringbuffer.programs.demo.indexer import Indexer
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.source import LineSource
from ringbuffer.programs.interruption import Interruption
from tests.unit.cli.kit import PROJECT, QUIET, Terminal, replayed


def press_ctrl_c() -> None:
    """A real SIGINT to this process, whose handler has run when this returns or raises."""
    signal.raise_signal(signal.SIGINT)


# -- the two steps --------------------------------------------------------------------------------


def test_a_first_ctrl_c_is_only_noted_and_ends_the_items() -> None:
    with Interruption() as interruption:
        items = interruption.until_requested(range(10))
        assert [next(items), next(items)] == [0, 1]
        press_ctrl_c()
        assert interruption.requested
        assert list(items) == []


def test_a_first_ctrl_c_ends_the_wait_for_an_item() -> None:
    def items() -> Iterator[int]:
        yield 0
        press_ctrl_c()
        yield 1

    with Interruption() as interruption:
        assert list(interruption.until_requested(items())) == [0]
    assert interruption.requested


def test_a_second_ctrl_c_is_raised() -> None:
    with Interruption():
        press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()


def test_without_a_ctrl_c_all_items_come() -> None:
    with Interruption() as interruption:
        assert list(interruption.until_requested(range(3))) == [0, 1, 2]
    assert not interruption.requested


def test_afterwards_ctrl_c_does_what_it_did_before() -> None:
    with Interruption():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            press_ctrl_c()
        assert not interruption.requested
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# -- the replay -----------------------------------------------------------------------------------


class InterruptedSource(LineSource):
    """Ctrl-C comes while the line of that number is read."""

    after = 0

    def lines(self) -> Iterator[tuple[int, bytes]]:
        for number, line in enumerate(super().lines()):
            if number == self.after:
                press_ctrl_c()
            yield line


def test_ctrl_c_finishes_and_checks_what_was_published(tree: Path, tmp_path: Path) -> None:
    (tree / "long.txt").write_bytes(b"some words\n" * 1_000)
    source = InterruptedSource.of([str(tree)])
    source.after = 700
    result = replayed(source, tmp_path / "journal")
    assert result.interrupted
    assert result.published == sum(result.counter.lines) == 700
    assert all(each.passed for each in checks.check(source, result, tmp_path / "journal", QUIET))


def test_ctrl_c_before_the_first_line_is_a_replay_of_nothing(tree: Path, tmp_path: Path) -> None:
    source = InterruptedSource.of([str(tree)])
    result = replayed(source, tmp_path / "journal")
    assert (result.interrupted, result.published) == (True, 0)
    assert all(each.passed for each in checks.check(source, result, tmp_path / "journal", QUIET))


def test_an_interrupted_run_that_is_right_has_exit_code_130(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(InterruptedSource, "after", 1)
    monkeypatch.setattr(demo_command, "LineSource", InterruptedSource)
    assert main(["demo", str(tree)]) == 130
    output = capsys.readouterr().out
    assert "1 lines of 3 file(s) (interrupted)" in output
    assert output.count("  ok     ") == 4


class Scripted(threading.Event):
    """An event whose wait lets things happen instead of time pass."""

    def __init__(self, *happenings: object) -> None:
        super().__init__()
        self.happenings = list(happenings)

    def wait(self, timeout: float | None = None) -> bool:
        happening = self.happenings.pop(0)
        if callable(happening):
            happening()
            return False
        return bool(happening)


def test_while_draining_a_first_ctrl_c_waits_on_and_a_second_does_not(tree: Path) -> None:
    ring = RingBuffer(2, LineEvent)
    terminal = Terminal()
    result = replaying.Replay(Counter(0), Indexer(threading.Event()))
    with Interruption() as interruption:
        replaying._drain(
            ring, Scripted(False, press_ctrl_c, True), interruption, result, ProgressLine(terminal)
        )
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            replaying._drain(ring, Scripted(press_ctrl_c), interruption, result, QUIET)
    assert "finishing: 0 lines" in terminal.getvalue()
    assert "interrupted, finishing (Ctrl-C aborts): 0 lines" in terminal.getvalue()


def test_a_second_ctrl_c_aborts_with_a_message(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def drain(*arguments: object) -> None:
        press_ctrl_c()
        press_ctrl_c()

    monkeypatch.setattr(replaying, "_drain", drain)
    assert main(["demo", str(tree)]) == 130
    assert capsys.readouterr() == ("", "ringbuffer demo: aborted; nothing was checked\n")


def test_a_ctrl_c_before_the_replay_aborts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LineSource, "of", lambda paths: press_ctrl_c())
    assert main(["demo", str(PROJECT / "README.md")]) == 130
    assert "aborted; nothing was checked" in capsys.readouterr().err


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_ctrl_c_during_the_checks_still_reports_the_replay(
    form: list[str], tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_command, "check", lambda *arguments: press_ctrl_c())
    assert main(["demo", str(tree), *form]) == 130
    output = capsys.readouterr().out
    if form:
        report = json.loads(output)
        assert (report["events"], report["checks"], report["interrupted"]) == (5, None, True)
    else:
        assert "5 lines of 3 file(s) (interrupted)" in output
        assert "the checks were interrupted" in output


# -- in a process of its own, whose standard input stays open -------------------------------------

# Does something when line 2 has come through: the publisher waits for more input by then, or is
# about to.
AT_LINE_2 = """
import os, signal, sys
from ringbuffer.programs.demo import replay
from ringbuffer.cli.main import main

class Telling(replay.Indexer):
    def on_event(self, event, sequence, end_of_batch):
        super().on_event(event, sequence, end_of_batch)
        if sequence == 2:
            {}

replay.Indexer = Telling
sys.exit(main(sys.argv[1:]))
"""
SAY_SO = AT_LINE_2.format(r'os.write(2, b"indexed\n")')
INTERRUPT = AT_LINE_2.format("os.kill(os.getpid(), signal.SIGINT)")

# The journal never comes back from its first line, as with a disk that hangs; "draining" is said
# after the first Ctrl-C.
STUCK = """
import os, sys, threading
from ringbuffer.programs.demo import replay
from ringbuffer.cli.main import main

class Stuck(replay.Journal):
    def on_event(self, event, sequence, end_of_batch):
        os.write(2, b"stuck\\n")
        threading.Event().wait()

def drain(*arguments, drain=replay._drain):
    os.write(2, b"draining\\n")
    drain(*arguments)

replay.Journal, replay._drain, replay._PATIENCE = Stuck, drain, 0.01
sys.exit(main(sys.argv[1:]))
"""


def demo(script: str, *arguments: str, folder: Path) -> "subprocess.Popen[bytes]":
    # Not in this process: an interrupt within a trace function would switch coverage off here.
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, "demo", "-", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
        cwd=PROJECT,
    )


# With a GIL, the signal may come while the main thread waits for the GIL, on its way to the read.
# Then the read waits for input, and the signal handler for the end of the read.
@pytest.mark.xfail(
    sysconfig.get_config_var("Py_GIL_DISABLED") != 1, reason="seldom, with a GIL", strict=False
)
@pytest.mark.parametrize("strategy", ["sleeping", "blocking"])
def test_a_real_sigint_while_input_is_awaited_reports_what_came_so_far(
    tmp_path: Path, strategy: str
) -> None:
    with demo(SAY_SO, "--json", "--wait-strategy", strategy, folder=tmp_path) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"one\ntwo\nthree\n")
        process.stdin.flush()
        assert process.stderr.readline() == b"indexed\n"
        process.send_signal(signal.SIGINT)
        # To its end, with standard input still open
        output = process.stdout.read() if process.stdout is not None else b""
        assert process.wait(60) == 130
    report = json.loads(output)
    assert (report["events"], report["interrupted"], report["passed"]) == (3, True, True)
    assert len(report["checks"]) == 4
    assert list(tmp_path.iterdir()) == []


# In CPython 3.14 and newer, the second one may leave a lock held: see docs/free-threading.md.
@pytest.mark.xfail(sys.version_info >= (3, 14), reason="`with lock:` is a call", strict=False)
def test_a_second_real_sigint_aborts_at_once_though_a_consumer_is_stuck(tmp_path: Path) -> None:
    with demo(STUCK, folder=tmp_path) as process:
        try:
            assert process.stdin is not None
            assert process.stderr is not None
            process.stdin.write(b"one\n")
            process.stdin.flush()
            assert process.stderr.readline() == b"stuck\n"
            process.send_signal(signal.SIGINT)
            assert process.stderr.readline() == b"draining\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert process.stderr.read() == b"ringbuffer demo: aborted; nothing was checked\n"
        finally:
            process.kill()  # else a failure of this test would wait for the process forever
    assert list(tmp_path.iterdir()) == []


def test_a_real_sigint_in_the_middle_of_the_replay_ends_it_cleanly(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(b"some words in a line\n" * 200_000)
    command_line = [
        sys.executable,
        "-c",
        INTERRUPT,
        "demo",
        str(tmp_path),
        "--buffer-size",
        "16",
        "--json",
    ]
    done = subprocess.run(command_line, capture_output=True, timeout=100, check=False, cwd=PROJECT)
    assert done.returncode == 130, done.stderr
    report = json.loads(done.stdout)
    assert 2 < report["events"] < 200_000
    assert report["passed"]
