"""Makes the virtual environment and installs the pinned dependencies into it."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress

GROUPS = ("test", "lint")


def stamp(project: Path, python: Path) -> str:
    """What an up-to-date environment is made of: the interpreter and the project's description."""
    description = (project / "pyproject.toml").read_bytes()
    return f"{python}\n{hashlib.sha256(description).hexdigest()}\n"


def is_current(project: Path, venv: Path, python: Path | None = None) -> bool:
    """Whether `venv` was finished from this `pyproject.toml` (and from `python`, if one is named) and still works."""
    try:
        written = (venv / "stamp").read_text()
        made_from = Path(written.splitlines()[0])
    except (OSError, IndexError):
        return False
    if python is not None and made_from != python:
        return False
    return made_from.exists() and (venv / "bin" / "python").exists() and written == stamp(project, made_from)


def prepare(project: Path, venv: Path, python: Path, progress: Progress) -> None:
    """Make `venv` with `python` and install the project, editable, and its groups. The stamp is written last.

    Raises:
        SetupError: a step failed; the message has the end of its output.
    """
    shutil.rmtree(venv, ignore_errors=True)
    progress.begin("creating the virtual environment")
    _run([str(python), "-m", "venv", str(venv)], project)
    progress.end()
    progress.begin("installing the dependencies")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    groups = [argument for group in GROUPS for argument in ("--group", group)]
    _run([*pip, "--editable", ".", *groups], project)
    progress.end()
    (venv / "stamp").write_text(stamp(project, python))


def _run(command: list[str], project: Path) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": ""}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise SetupError(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr)[-3000:]}")
