"""Finds a free-threaded CPython: the cheapest source first, a build from source last.

The one that is found or built without being named is 3.13. One that is named may be newer.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.bootstrap import source_build
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress

_PROBE = (
    "import sys, sysconfig, ctypes, ensurepip, ssl, venv, zlib;"
    "print(sys.version_info >= (3, 13) and sysconfig.get_config_var('Py_GIL_DISABLED') == 1"
    " and not sys._is_gil_enabled())"
)


def is_suitable(python: str | Path) -> bool:
    """Whether `python` is free-threaded, 3.13 or newer, with the GIL off and all needed modules."""
    return says_true(python, _PROBE)


def says_true(python: str | Path, program: str) -> bool:
    """Whether `python` can be run, and prints True for this program."""
    try:
        # -I: judge the interpreter, not the PYTHON_GIL or PYTHONPATH of this shell.
        probe = subprocess.run(
            [python, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.stdout.strip() == "True"


def find(environment: Mapping[str, str], progress: Progress) -> Path:
    """The first suitable interpreter.

    The order is: `$PYTHON`, `python3.13t` on PATH, an earlier build, uv's, a new build.

    Raises:
        SetupError: `$PYTHON` is set to something else, or the build failed.
    """
    wanted = environment.get("PYTHON")
    if wanted:
        found = shutil.which(wanted, path=environment.get("PATH"))
        if found is None or _in_virtual_environment(Path(found)) or not is_suitable(found):
            raise SetupError(
                f"PYTHON={wanted} is not a free-threaded CPython, 3.13 or newer "
                f"(with ctypes, ensurepip, ssl and zlib) "
                f"outside a virtual environment; "
                f"unset PYTHON to let the set-up find or build one"
            )
        return Path(found)
    for candidate in _candidates(environment):
        if not _in_virtual_environment(candidate) and is_suitable(candidate):
            return candidate
    return source_build.build(source_build.cache_folder(environment), progress, is_suitable)


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    path = environment.get("PATH")
    for folder in (path or "").split(os.pathsep):
        on_path = shutil.which("python3.13t", path=folder)
        if on_path:
            yield Path(on_path)
    yield source_build.installed_python(source_build.cache_folder(environment))
    uv = shutil.which("uv", path=path)
    if uv:
        yield from _from_uv(uv, subprocess.run)


def _in_virtual_environment(python: Path) -> bool:
    """Whether `python` is in a virtual environment, which may be an activated `.venv`."""
    return (python.parent.parent / "pyvenv.cfg").exists()


def _from_uv(uv: str, run: Callable[..., "subprocess.CompletedProcess[str]"]) -> Iterator[Path]:
    """Uv's free-threaded 3.13, which it is asked to install if need be; nothing if it cannot."""
    outside = {**os.environ, "UV_SYSTEM_PYTHON": "1"}  # else it finds our own `.venv`
    for command in (
        [uv, "python", "find", "3.13t"],
        [uv, "python", "install", "3.13t"],
        [uv, "python", "find", "3.13t"],
    ):
        try:
            answer = run(
                command,
                env=outside,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return
        if answer.returncode == 0 and command[2] == "find":
            yield Path(answer.stdout.strip())
            return
        if answer.returncode != 0 and command[2] == "install":
            return
