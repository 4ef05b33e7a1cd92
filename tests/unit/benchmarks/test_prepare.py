"""What `python -m benchmarks.prepare` installs."""

import importlib.metadata
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from benchmarks import prepare


def test_each_package_is_wanted_once_in_the_version_for_this_interpreter() -> None:
    names = [each.name for each in prepare.wanted()]
    assert len(names) == len(set(names))
    (numpy,) = (each for each in prepare.wanted() if each.name == "numpy")
    assert ("2.4.6" in numpy.specifier) == (sys.version_info < (3, 14))


def test_only_the_pinned_version_counts_as_installed() -> None:
    version = importlib.metadata.version("pytest")
    assert prepare.is_installed(Requirement(f"pytest=={version}"))
    assert not prepare.is_installed(Requirement("pytest==0.1"))
    assert not prepare.is_installed(Requirement("there-is-no-such-package==1"))


def test_a_package_that_cannot_be_installed_is_said_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command[-1])
        return subprocess.CompletedProcess(command, 1, "", "no wheel\n")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(prepare, "wanted", lambda: [Requirement("nothing==1")])
    assert prepare.main() == 0
    assert asked == ["nothing==1"]
    assert "nothing==1 cannot be installed, and is left out: no wheel" in capsys.readouterr().out
