"""`ringbuffer doctor --shared`: the rings of this machine."""

import json
from pathlib import Path

import pytest

from ringbuffer.cli.main import main
from ringbuffer.records import RecordLayout
from ringbuffer.shared import create, names, ring_files
from tests.unit.shared.conftest import Kill


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["doctor", "--shared", *options]) == 0
    return capsys.readouterr().out


def test_the_doctor_lists_rings_with_their_seats_and_what_lives(
    capsys: pytest.CaptureFixture[str], kill: Kill, name: str
) -> None:
    with create(name, 8, RecordLayout.of_struct("qqq", "sequence one two")) as ring:
        alive = ring.seat("alive one")
        assert kill("consume", name, 45) == "killed"
        ring.producer().publish_records([(1, 2, 3)])
        lines = listed(capsys).splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{name}: "))
        assert "open, 8 slots of 24 bytes, cursor 0, producer: process " in lines[at]
        assert lines[at + 1].strip() == "record: sequence <i8, one <i8, two <i8"
        assert "2 of 8 seats taken" in lines[at]
        assert "alive one: process" in lines[at + 2]
        assert ", alive, position -1, 1 behind" in lines[at + 2]
        assert "DEAD" in lines[at + 3]
        told = [each for each in json.loads(listed(capsys, "--json")) if each["name"] == name]
        assert told[0]["cursor"] == 0
        assert told[0]["taken"][0]["is_alive"] is True
        alive.leave()


def test_the_doctor_says_what_is_wrong_with_a_broken_ring(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    create(name, 8, "q").detach()
    Path(ring_files.path_of(name)).write_bytes(b"broken" * 1000)
    assert name in names()
    assert f"{name}: " in (told := listed(capsys))
    assert "does not begin as one" in told
    assert "does not begin as one" in listed(capsys, "--json")


def test_the_doctor_says_that_there_is_no_ring(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ring_files, "FOLDER", str(tmp_path))
    assert "there is no ring between processes" in listed(capsys)
