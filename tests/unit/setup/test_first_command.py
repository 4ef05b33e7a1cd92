"""`tools.first_command`, with a make that does what the tests say. The real one runs in CI."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import first_command
from tools.first_command import Failure, Newcomer


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(first_command, "PYTHON", sys.executable)
    return tmp_path / "ringbuffer"


class Scripted(Newcomer):
    """Answers each make with the next of some outputs, and notes what was asked."""

    outputs: Iterator[str]
    asked: list[tuple[str, bool, bool]]

    def arrive(self) -> None:
        pass

    def make(self, *arguments: str, network: bool = True, fails: bool = False) -> str:
        self.asked.append((arguments[0], network, fails))
        return next(self.outputs)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool, bool]]:
    Scripted.asked = []
    Scripted.outputs = iter(["set-up failed: install python3.13t", "", "", "", ""])
    monkeypatch.setattr(first_command, "Newcomer", Scripted)
    return Scripted.asked


def test_each_step_runs_with_and_without_a_network(
    cache: Path, asked: list[tuple[str, bool, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert first_command.main([]) == 0
    assert asked == [
        ("venv", False, True),
        ("venv", True, False),
        ("demo", True, False),
        ("venv", False, False),
        ("demo", False, False),
    ]
    assert capsys.readouterr().out.count("ok     ") == 5


def test_what_was_shown_today_is_not_shown_again_unless_asked(
    cache: Path, asked: list[tuple[str, bool, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert first_command.main([]) == 0
    asked.clear()
    assert first_command.main([]) == 0
    assert asked == []
    assert "shown less than a day ago" in capsys.readouterr().out
    marked = first_command.mark(cache)
    yesterday = marked.stat().st_mtime - first_command.A_DAY
    os.utime(marked, (yesterday, yesterday))
    assert not first_command.was_shown(cache, marked.stat().st_mtime + first_command.A_DAY)
    Scripted.outputs = iter(["set-up failed: it", "", "", "", ""])
    assert first_command.main(["--again"]) == 0
    assert len(asked) == 5


def test_a_failure_without_a_sentence_is_one(
    cache: Path, asked: list[tuple[str, bool, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    Scripted.outputs = iter(["make: *** [venv] Error 1"])
    assert first_command.main([]) == 1
    assert "no sentence says what failed" in capsys.readouterr().err
    assert not first_command.mark(cache).exists()


def test_a_change_of_the_set_up_is_shown_anew(tmp_path: Path) -> None:
    (tmp_path / "tools" / "bootstrap").mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    for name in (*first_command.DECIDING[1:], "tools/bootstrap/one.py"):
        (tmp_path / name).write_text("1")
    before = first_command.fingerprint(tmp_path)
    assert first_command.fingerprint(tmp_path) == before
    (tmp_path / "tools" / "bootstrap" / "one.py").write_text("2")
    assert first_command.fingerprint(tmp_path) != before


@pytest.mark.parametrize(
    ("rule", "fails", "wrong"),
    [
        ("@echo fine", False, False),
        ("@echo no; exit 1", False, True),
        ("@echo no; exit 1", True, False),
        ("@echo fine", True, True),
        ("@echo 'Traceback (most recent call last):'", False, True),
        ("@echo 'Traceback (most recent call last):'; exit 1", True, True),
    ],
)
def test_make_must_end_as_expected_and_never_with_a_traceback(
    tmp_path: Path, rule: str, fails: bool, wrong: bool
) -> None:
    newcomer = Newcomer(tmp_path)
    newcomer.project.mkdir()
    (newcomer.project / "Makefile").write_text(f"venv:\n\t{rule}\n")
    tmp_path.chmod(0o755)
    if wrong:
        with pytest.raises(Failure, match="ended with"):
            newcomer.make("venv", fails=fails)
    else:
        assert newcomer.make("venv", fails=fails)


def test_a_newcomer_has_nothing_of_this_shell_but_the_way_to_the_registries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CERT", "/etc/certificate")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = Newcomer(tmp_path)._environment()
    assert environment["PIP_CERT"] == "/etc/certificate"
    assert "PYTHONPATH" not in environment
    assert environment["VIRTUAL_ENV"] == "/nowhere/environment"
    assert Path(environment["HOME"]).is_relative_to(tmp_path)
