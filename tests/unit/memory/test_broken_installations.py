"""An import with a broken installation of `atomics`: one error, which says what to do."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def import_library(path: Path, *options: str) -> str:
    """The last line that an import prints; the interpreter searches `path` for packages first."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(path), str(ROOT))),
        "RINGBUFFER_ATOMICS": "atomics",
    }
    command = [sys.executable, *options, "-c", "import ringbuffer"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=path, timeout=60, check=False
    )
    assert done.returncode != 0, "the library was imported anyway"
    return done.stderr.strip().splitlines()[-1]


def fake_package(path: Path, version: str | None, table: str | None = None) -> None:
    """A package `atomics` that shadows the real one; `version` is what its metadata say."""
    (path / "atomics" / "_impl").mkdir(parents=True)
    (path / "atomics" / "__init__.py").write_text(
        "raise AssertionError('atomics must never be imported')\n"
    )
    if table is not None:
        (path / "atomics" / "_impl" / "patomic.py").write_text(table)
    if version is not None:
        metadata = path / f"atomics-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: atomics\nVersion: {version}\n"
        )


def test_without_the_package_the_import_says_what_to_install(tmp_path: Path) -> None:
    message = import_library(tmp_path, "-S")
    assert message.startswith("ringbuffer.errors.MemoryBindingError: ")
    assert "run: pip install atomics==1.0.3" in message


def test_with_another_version_the_import_names_both(tmp_path: Path) -> None:
    fake_package(tmp_path, "9.8.7")
    message = import_library(tmp_path)
    assert message.startswith("ringbuffer.errors.MemoryBindingError: ")
    assert "atomics==1.0.3" in message
    assert "version 9.8.7 is installed" in message


def test_without_the_c_library_the_import_says_how_to_reinstall(tmp_path: Path) -> None:
    fake_package(tmp_path, "1.0.3", "import ctypes\nctypes.CDLL('/nowhere/libpatomic.so')\n")
    message = import_library(tmp_path)
    assert message.startswith("ringbuffer.errors.MemoryBindingError: ")
    assert "/nowhere/libpatomic.so" in message
    assert "--force-reinstall" in message


def test_a_directory_that_only_has_the_packages_name_is_one_clear_error(tmp_path: Path) -> None:
    # Nothing is installed, and the program happens to have a folder `atomics` of its own.
    (tmp_path / "atomics").mkdir()
    assert import_library(tmp_path, "-S").startswith("ringbuffer.errors.MemoryBindingError: ")


def test_a_package_without_metadata_is_one_clear_error(tmp_path: Path) -> None:
    fake_package(tmp_path, None)
    assert import_library(tmp_path, "-S").startswith("ringbuffer.errors.MemoryBindingError: ")
