"""The check list of a release finds what is missing, each point by itself."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import release


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is ready, with one commit."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.0] – 2026-01-01\n")
    (tmp_path / "CITATION.cff").write_text("version: 1.2.0\n")
    (tmp_path / ".gitignore").write_text("dist\nresults\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "ready"], check=True)
    (tmp_path / "dist").mkdir()
    for name in ("ringbuffer-1.2.0.tar.gz", "ringbuffer-1.2.0-py3-none-any.whl"):
        (tmp_path / "dist" / name).touch()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "latest.json").touch()
    return tmp_path


def missing(project: Path) -> list[str]:
    return [remedy for _, remedy in release.findings(project) if remedy is not None]


def test_a_project_that_is_ready_lacks_nothing(project: Path) -> None:
    assert missing(project) == []


@pytest.mark.parametrize(
    ("file", "text", "remedy"),
    [
        ("CHANGELOG.md", "## [1.2.0] – unreleased\n", "write the date"),
        ("CHANGELOG.md", "## [1.1.0] – 2026-01-01\n", "must begin with"),
        ("CITATION.cff", "version: 1.1.0\n", "another version"),
        ("new.py", "", "commit or remove"),
    ],
)
def test_what_a_file_lacks_is_said(project: Path, file: str, text: str, remedy: str) -> None:
    (project / file).write_text(text)
    assert any(remedy in each for each in missing(project))


def test_a_version_that_was_released_is_refused(project: Path) -> None:
    subprocess.run(["git", "-C", project, "tag", "v1.2.0"], check=True)
    assert missing(project) == ["there is a tag v1.2.0: raise the version"]


def test_old_or_missing_distributions_are_found(project: Path) -> None:
    wheel = project / "dist" / "ringbuffer-1.2.0-py3-none-any.whl"
    os.utime(wheel, (0, 0))
    assert missing(project) == [f"run make dist: {wheel.name} is older than the commit"]
    wheel.unlink()
    assert missing(project) == ["run make dist"]


def test_the_command_says_what_is_missing_and_what_to_ask(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release, "PROJECT", project)
    assert release.main([]) == 0
    (project / "CITATION.cff").write_text("version: 1.1.0\n")
    assert release.main([]) == 1
    out = capsys.readouterr().out
    assert "FAIL   CITATION.cff has this version: CITATION.cff has another version" in out
    assert "ask    make test lint passed in a clean clone" in out
