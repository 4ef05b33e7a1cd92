"""Makes the virtual environment and installs the locked dependencies into it."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tools.bootstrap import build_packages
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress

#: The groups of `pyproject.toml` that every environment has.
GROUPS = ("test", "lint", "proof")
#: The lock files, written by `tools.lock`, and the groups that each has.
LOCKS = {
    "requirements/dev.txt": GROUPS,
    "requirements/docs.txt": (*GROUPS, "docs"),
    "requirements/pyright.txt": ("pyright",),
}
_DEV = "requirements/dev.txt"


#: The distribution of the native cells, and what it is built from.
NATIVE = "native"
_NATIVE_SOURCES = ("native/pyproject.toml", "native/ringbuffer_native.c")


def stamp(project: Path, python: Path) -> str:
    """What defines an environment: the interpreter, the checkout, the description, the lock.

    The native cells belong to it, too.
    """
    files = [project / each for each in ("pyproject.toml", _DEV, *_NATIVE_SOURCES)]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    return f"{python}\n{project}\n{digest.hexdigest()}\n"


def is_current(project: Path, venv: Path, python: Path | None = None) -> bool:
    """Whether `venv` was finished from this `pyproject.toml` (and this `python`), and works."""
    try:
        written = (venv / "stamp").read_text()
        made_from = Path(written.splitlines()[0])
    except (OSError, IndexError):
        return False
    if python is not None and made_from != python:
        return False
    return (
        made_from.exists()
        and (venv / "bin" / "python").exists()
        and written == stamp(project, made_from)
    )


def prepare(project: Path, venv: Path, python: Path, progress: Progress) -> None:
    """Make `venv` with `python`; install the project (editable) and its groups, then the stamp.

    Of several that want the same environment one makes it, the others wait.

    Raises:
        SetupError: a step failed; the message has the end of its output, or names the packages that
        it lacked.
    """
    # The lock is on a file that is there anyway, and is not in the folder that is removed.
    with (project / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(project, venv, python):
            _make(project, venv, python, progress)


def _make(project: Path, venv: Path, python: Path, progress: Progress) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    progress.begin("creating the virtual environment")
    _run([str(python), "-m", "venv", str(venv)], project)
    progress.end()
    progress.begin("installing the dependencies")
    install = [*_pip(venv), "--require-hashes", "--requirement", _DEV]
    try:
        _run(install, project)
    except SetupError:
        if not build_packages.missing(build_packages.on_this_machine, build_packages.FOR_CFFI):
            raise
        build_packages.ensure(venv / "build-packages.log", build_packages.FOR_CFFI)
        _run(install, project)
    # The project itself has no hash. What builds it was installed just now.
    _run([*_pip(venv), "--no-deps", "--no-build-isolation", "--editable", "."], project)
    progress.end()
    _build_native(project, venv, progress)
    (venv / "stamp").write_text(stamp(project, python))


def _build_native(project: Path, venv: Path, progress: Progress) -> None:
    """Build the native cells and install them, if there is a compiler. The library needs none.

    Raises:
        SetupError: there is a compiler, and the build failed.
    """
    progress.begin("building the native cells")
    if not build_packages.on_this_machine("cc"):
        progress.end("left out, because there is no C compiler")
        return
    # Setuptools writes beside the source. So it gets a copy.
    source = venv / "native-source"
    shutil.copytree(project / NATIVE, source)
    _run([*_pip(venv), "--no-deps", "--no-build-isolation", f"./{source.name}"], venv)
    progress.end()


def add_group(project: Path, venv: Path, group: str, progress: Progress) -> None:
    """Install one more group, which only some targets need, into a finished `venv`.

    Raises:
        SetupError: pip failed, or there is no such group.
    """
    locked = f"requirements/{group}.txt"
    if locked not in LOCKS:
        known = ", ".join(Path(each).stem for each in LOCKS)
        raise SetupError(f"there is no lock file for a group {group!r}; there are {known}")
    mark = venv / f"stamp-{group}"
    with (project / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        finished = (venv / "stamp").read_text()
        if mark.exists() and mark.read_text() == finished:
            return
        progress.begin(f"installing what {group} needs")
        _run([*_pip(venv), "--require-hashes", "--requirement", locked], project)
        progress.end()
        mark.write_text(finished)


def _pip(venv: Path) -> list[str]:
    python = str(venv / "bin" / "python")
    return [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]


def _run(command: list[str], project: Path) -> None:
    # PyYAML has no wheel for free-threaded 3.13. Without its binding to libyaml it is pure Python,
    # and needs no headers.
    environment = {**os.environ, "PYTHONWARNINGS": "", "PYYAML_FORCE_LIBYAML": "0"}
    done = subprocess.run(
        command,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise SetupError(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr)[-3000:]}")
