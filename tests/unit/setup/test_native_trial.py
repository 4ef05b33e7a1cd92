"""The trial of the native cells: what it removes, and what it refuses."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import over
from tools import native_trial

PYTHON, WHEEL = Path("python"), Path("ringbuffer_ft_native-0.1.0.whl")
FINE = {"atomics": False, "default": "native", "source": "somewhere", "gil": False}


def trial(told: dict[str, Any], *, free_threaded: bool = True) -> tuple[list[str], list[list[str]]]:
    ran: list[list[str]] = []

    def run(command: Sequence[str | Path], folder: Path) -> str:
        ran.append([str(each) for each in command])
        return json.dumps(told) if "-c" in command else ""

    return native_trial.check(PYTHON, WHEEL, Path(), run, free_threaded), ran


def test_the_library_is_tried_with_both_sources_after_atomics_is_removed() -> None:
    lines, ran = trial(FINE)
    assert lines == ["somewhere: 20,000 events of two producers, each once"] * 2
    install, uninstall, *programs = ran
    assert install[-1] == str(WHEEL)
    assert "atomics" in uninstall
    assert [command[-1] for command in programs] == ["native", "libatomic"]


@pytest.mark.parametrize("wrong", [{"atomics": True}, {"default": "libatomic"}, {"gil": True}])
def test_another_source_or_a_gil_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(native_trial.Error, match="with atomics='native' this came"):
        trial(FINE | wrong)


def test_a_regular_build_may_have_its_gil() -> None:
    assert len(trial(FINE | {"gil": True}, free_threaded=False)[0]) == 2


def test_tests_run_over_the_source_that_is_named() -> None:
    command = [sys.executable, "-m", "tests.over", "libatomic", "ringbuffer", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert json.loads(done.stdout)["facts"]["atomics"] == "libatomic", done.stderr


@pytest.mark.parametrize("arguments", [[], ["native"], ["c11", "pytest"]])
def test_without_a_known_source_nothing_runs(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert over.main(arguments) == 2
    assert "installed: atomics" in capsys.readouterr().err
