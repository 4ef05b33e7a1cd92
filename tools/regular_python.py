"""Finds a regular build of CPython 3.13 or newer, with the GIL, on this machine."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.bootstrap.interpreter import says_true

#: The environment variable that names one.
VARIABLE: Final = "RINGBUFFER_REGULAR_PYTHON"
_PROBE: Final = (
    "import sys, sysconfig; "
    "print(sys.version_info >= (3, 13) and not sysconfig.get_config_var('Py_GIL_DISABLED'))"
)


def find(environment: Mapping[str, str] = os.environ) -> str | None:
    """Returns the first that is found: on PATH, of pyenv, of uv. None without any.

    Raises:
        ValueError: the one that RINGBUFFER_REGULAR_PYTHON names is something else.
    """
    named = environment.get(VARIABLE)
    if named is not None:
        if _is_regular(named):
            return named
        raise ValueError(f"{VARIABLE}={named} is not a regular CPython 3.13 or newer")
    return next(filter(_is_regular, _candidates()), None)


def _candidates() -> Iterator[str]:
    for name in ("python3.13", "python3.14", "python3.15", "python3"):
        found = shutil.which(name)
        if found:
            yield found
    for pattern in (
        ".pyenv/versions/3.1[3-9].*/bin/python3",
        ".local/share/uv/python/cpython-3.1[3-9].*/bin/python3",
    ):
        yield from map(str, sorted(Path.home().glob(pattern)))


def _is_regular(python: str) -> bool:
    return says_true(python, _PROBE)
