"""The core on a regular build of CPython 3.13 or newer, with the GIL: the same tests."""

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tools import regular_python
from tools.platforms.chosen import CORE

PROJECT = Path(__file__).parents[3]


@pytest.mark.verify
@pytest.mark.timeout(1200)
def test_the_tests_of_the_core_pass_on_a_regular_build(tmp_path: Path) -> None:
    python = regular_python.find()
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
