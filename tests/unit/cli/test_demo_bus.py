import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringbuffer.cli import demo
from ringbuffer.cli.main import main
from ringbuffer.messaging import EventBus, TransportEnvelope
from ringbuffer.programs.demo.bus import checks, relay
from ringbuffer.programs.demo.bus.findings import Findings
from ringbuffer.programs.demo.bus.messages import (
    Arrived,
    Ended,
    LineBlock,
    blocks,
    event_of,
    message_of,
)
from ringbuffer.programs.demo.source import LineSource

BAD_LINE = b"caf\xe9\n"


@pytest.fixture
def bad_tree(tree: Path) -> Path:
    """The tree, and a file of three blocks, the second of which is not UTF-8."""
    (tree / "latin.txt").write_bytes(b"good\n" * 40 + BAD_LINE + b"good\n" * 40)
    return tree


def told(
    capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0
) -> dict[str, object]:
    assert main(["demo", "--bus", "--json", *map(str, arguments)]) == code
    result: dict[str, object] = json.loads(capsys.readouterr().out)
    return result


def failed_checks(report: dict[str, object]) -> set[str]:
    runs = report["runs"]
    assert isinstance(runs, list)
    assert isinstance(report["checks"], list)
    everything = [check for run in runs for check in run["checks"]] + report["checks"]
    return {check["name"] for check in everything if not check["passed"]}


# -- when all is well -----------------------------------------------------------------------------


def test_both_modes_find_the_same_and_what_a_plain_pass_finds(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--bus", str(tree), "--buffer-size", "2"]) == 0
    output, progress = capsys.readouterr()
    assert output.count("  ok     ") == 11
    assert "Channel mode" in output
    assert "ring mode" in output
    assert output.count("messages/s") == output.count("latency     p50") == 2
    assert "both modes found the same" in output
    assert progress == ""


def test_what_is_not_utf_8_is_retried_and_ends_as_a_dead_letter(
    bad_tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = told(capsys, bad_tree)
    runs = report["runs"]
    assert isinstance(runs, list)
    letter = {"handler": "reader", "number": 2, "attempts": relay.ATTEMPTS}
    assert [run["dead_letters"] for run in runs] == [[letter], [letter]]
    assert [run["retries"] for run in runs] == [relay.ATTEMPTS - 1] * 2
    assert [run["mode"] for run in runs] == ["channel", "ring_buffer"]
    assert report["passed"] is True


def test_a_dead_letter_names_its_file(bad_tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--bus", str(bad_tree)]) == 0
    assert (
        capsys.readouterr().out.count(f"reader, {bad_tree / 'latin.txt'}: UnicodeDecodeError") == 2
    )


def test_many_laps_of_small_rings_keep_every_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "long").write_bytes(b"".join(b"line %d\n" % number for number in range(3_000)))
    report = told(capsys, tmp_path, "--buffer-size", 2, "--wait-strategy", "blocking")
    assert isinstance(report["runs"], list)
    assert [run["messages"] for run in report["runs"]] == [94, 94]


def test_a_limit_ends_both_modes_after_so_many_lines(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = told(capsys, tree, "--limit", 3)
    assert isinstance(report["runs"], list)
    assert ["3 of 3 lines" in run["checks"][1]["detail"] for run in report["runs"]] == [True, True]


def test_an_empty_input_goes_through_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert told(capsys, tmp_path)["passed"] is True


# -- when something is wrong ----------------------------------------------------------------------


def test_a_lost_message_is_found(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def loses_one(bus: EventBus, message: TransportEnvelope) -> None:
        if message.headers.get("number") != 1:
            bus.publish_sync(event_of(message))

    monkeypatch.setattr(relay, "forward", loses_one)
    assert failed_checks(told(capsys, tree, code=1)) == {
        "the checksum equals a plain pass",
        "the counts equal a plain pass",
        "the index equals a plain pass",
    }


def test_a_handler_that_fails_in_one_mode_only_is_found(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[object] = []

    def fails_at_first(event: Arrived) -> None:
        calls.append(event)
        if len(calls) <= relay.ATTEMPTS:
            raise ValueError("no")

    (tree / "a.txt").unlink()
    (tree / "empty.txt").unlink()
    monkeypatch.setattr(relay, "on_read", fails_at_first)
    assert failed_checks(told(capsys, tree, code=1)) == {
        "the dead letters equal a plain pass",
        "both modes found the same",
    }


def test_a_message_that_is_not_forwarded_is_a_dead_letter(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses_the_first(bus: EventBus, message: TransportEnvelope) -> None:
        if message.headers.get("number") == 0:
            raise ValueError("no")
        bus.publish_sync(event_of(message))

    monkeypatch.setattr(relay, "forward", refuses_the_first)
    report = told(capsys, tree, code=1)
    assert isinstance(report["runs"], list)
    assert report["runs"][0]["dead_letters"] == [
        {"handler": "forward", "number": 0, "attempts": relay.ATTEMPTS}
    ]


def test_an_event_that_does_not_belong_to_its_message_is_found(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def names_another(bus: EventBus, message: TransportEnvelope) -> None:
        event = event_of(message)
        bus.publish_sync(
            event if isinstance(event, Ended) else event._replace(message_id="another")
        )

    monkeypatch.setattr(relay, "forward", names_another)
    assert failed_checks(told(capsys, tree, code=1)) == {"every event belongs to its message"}


@pytest.mark.parametrize("arguments", [["nowhere"], ["--journal", "kept"]])
def test_what_cannot_be_used_is_refused_with_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--bus", *arguments]) == 2
    assert capsys.readouterr().err.startswith("ringbuffer demo: ")


def test_the_help_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--help"])
    assert ended.value.code == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "--bus" in output
    assert "first in Channel mode and then in ring mode" in output


# -- Ctrl-C ---------------------------------------------------------------------------------------


class InterruptedSource(LineSource):
    """Ctrl-C comes while the fourth line is read."""

    def lines(self) -> Iterator[tuple[int, bytes]]:
        for number, line in enumerate(super().lines()):
            if number == 3:
                signal.raise_signal(signal.SIGINT)
            yield line


def test_ctrl_c_finishes_and_checks_what_was_sent_and_begins_nothing_else(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "LineSource", InterruptedSource)
    report = told(capsys, tree, code=130)
    assert isinstance(report["runs"], list)
    assert [(run["mode"], run["messages"]) for run in report["runs"]] == [("channel", 1)]
    assert failed_checks(report) == set()


def test_a_second_ctrl_c_aborts(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def twice(*arguments: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(relay, "_drain", twice)
    assert main(["demo", "--bus", str(tree)]) == 130
    assert "aborted; nothing was checked" in capsys.readouterr().err


def test_ctrl_c_during_the_checks_ends_them(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object) -> list[int]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Findings, "add_all", interrupted)
    assert main(["demo", "--bus", str(tree)]) == 130
    assert "the checks were interrupted" in capsys.readouterr().out


# -- the parts ------------------------------------------------------------------------------------


def test_blocks_are_of_one_file_and_of_32_lines_at_most() -> None:
    lines = [(0, b"a\n")] * 33 + [(2, b"b")]
    assert list(blocks(lines)) == [
        LineBlock(0, 0, b"a\n" * 32),
        LineBlock(1, 0, b"a\n"),
        LineBlock(2, 2, b"b"),
    ]


def test_a_message_brings_its_block() -> None:
    block = LineBlock(7, 3, b"line\n")
    message = message_of(block)
    event = event_of(message)
    assert isinstance(event, Arrived)
    assert (event.block, event.message_id) == (block, message.message_id)


def test_a_plain_pass_is_made_once_for_so_many_messages() -> None:
    passes: list[None] = []

    def given() -> Iterator[LineBlock]:
        passes.append(None)
        yield LineBlock(0, 0, b"\xff\n")

    plain = checks.Plain(given, 1)
    assert plain.of_first(1) is plain.of_first(1)
    assert plain.of_first(1)[1] == [checks.Failed("reader", 0, relay.ATTEMPTS)]
    assert len(passes) == 1
