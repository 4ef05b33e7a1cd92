"""The wheel and the source distribution: they build, hold what they should, and install."""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(PROJECT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def wheel_in(folder: Path) -> Path:
    (wheel,) = folder.glob("ringbuffer_ft-0.1.0-py3-none-any.whl")
    return wheel


def test_the_wheel_holds_the_library_and_nothing_else(distributions: Path) -> None:
    names = zipfile.ZipFile(wheel_in(distributions)).namelist()
    assert "ringbuffer/py.typed" in names
    assert "ringbuffer/memory/process.py" in names
    assert {name.split("/")[0] for name in names} == {"ringbuffer", "ringbuffer_ft-0.1.0.dist-info"}


def test_the_metadata_says_what_is_needed(distributions: Path) -> None:
    wheel = zipfile.ZipFile(wheel_in(distributions))
    metadata = wheel.read("ringbuffer_ft-0.1.0.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.13" in metadata
    assert "Requires-Dist: atomics==1.0.3" in metadata
    assert "Programming Language :: Python :: Free Threading" in metadata
    assert "License-Expression: MIT" in metadata


def test_the_source_distribution_holds_the_tests_too(distributions: Path) -> None:
    (archive,) = distributions.glob("ringbuffer_ft-0.1.0.tar.gz")
    with tarfile.open(archive) as opened:
        names = opened.getnames()
    assert "ringbuffer_ft-0.1.0/tests/conftest.py" in names
    assert "ringbuffer_ft-0.1.0/ringbuffer/py.typed" in names


def test_the_wheel_installs_and_imports_in_a_clean_environment(distributions: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=60)
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel_in(distributions))], check=True, timeout=60, capture_output=True)
    # The one dependency comes from this environment, so that no registry is asked.
    (site / "atomics.pth").write_text(sysconfig.get_path("platlib"))
    program = "import ringbuffer, pathlib; print(pathlib.Path(ringbuffer.__file__).parts[-2], ringbuffer.__version__)"
    python = tmp_path / "venv" / "bin" / "python"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.stdout.strip() == "ringbuffer 0.1.0", done.stderr
