"""The core on a regular build of CPython 3.13 or newer, with the GIL: the same tests."""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
CORE = ["memory/test_cells.py", "sequence", "sequencer", "barrier", "wait", "processors", "ring"]
_PROBE = (
    "import sys, sysconfig; "
    "print(sys.version_info >= (3, 13) and not sysconfig.get_config_var('Py_GIL_DISABLED'))"
)


def candidates() -> Iterator[str]:
    if "RINGBUFFER_REGULAR_PYTHON" in os.environ:
        yield os.environ["RINGBUFFER_REGULAR_PYTHON"]
    for name in ("python3.13", "python3.14", "python3"):
        found = shutil.which(name)
        if found:
            yield found
    for pattern in (
        ".pyenv/versions/3.1[3-9].*/bin/python3",
        ".local/share/uv/python/cpython-3.1[3-9].*/bin/python3",
    ):
        yield from map(str, sorted(Path.home().glob(pattern)))


def regular_python() -> str | None:
    """The first suitable candidate. One that the environment names must be suitable."""
    asked_for = os.environ.get("RINGBUFFER_REGULAR_PYTHON")
    for candidate in candidates():
        try:
            probe = subprocess.run(
                [candidate, "-c", _PROBE], capture_output=True, text=True, timeout=30, check=False
            )
            is_it = probe.stdout.strip() == "True"
        except OSError:
            is_it = False
        if is_it:
            return candidate
        if candidate == asked_for:
            pytest.fail(
                f"RINGBUFFER_REGULAR_PYTHON={candidate} is not a regular CPython 3.13 or newer"
            )
    return None


@pytest.mark.verify
@pytest.mark.timeout(1200)
def test_the_tests_of_the_core_pass_on_a_regular_build(tmp_path: Path) -> None:
    python = regular_python()
    if python is None:
        pytest.skip(
            "no regular CPython 3.13 or newer was found; set RINGBUFFER_REGULAR_PYTHON to one"
        )
    # pytest, hypothesis and atomics' table of libpatomic are pure Python: this environment's serve
    # any interpreter.
    packages = sysconfig.get_path("purelib")
    environment = {
        "PYTHONPATH": f"{PROJECT}{os.pathsep}{packages}",
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
    }
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "--timeout", "300"]
    done = subprocess.run(
        [*command, *(f"tests/unit/{part}" for part in CORE)],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "interpreter: regular build, GIL on" in done.stdout, (
        "it ran, but not with the GIL: see tests/conftest.py"
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 300
    assert " skipped" not in done.stdout.splitlines()[-1]
