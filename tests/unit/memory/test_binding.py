import importlib.metadata
import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from ringbuffer import MemoryBindingError
from ringbuffer.memory import ProcessMemory, WordKind, libpatomic, words
from ringbuffer.memory.foreign import ForeignOperations
from tests.conftest import FREE_THREADED


def run_python(
    code: str, *options: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = None if path is None else {"PYTHONPATH": str(path)}
    command = [sys.executable, *options, "-c", textwrap.dedent(code)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=60, check=False
    )


def words_of(memory: ProcessMemory) -> WordKind:
    assert isinstance(memory.atomics, ForeignOperations)
    return memory.atomics.words


def test_importing_the_library_with_warnings_as_errors_leaves_the_gil_as_it_is() -> None:
    done = run_python(
        "import sys, ringbuffer; print(getattr(sys, '_is_gil_enabled', lambda: True)())",
        "-W",
        "error",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(not FREE_THREADED)


def test_importing_the_library_imports_neither_atomics_nor_cffi() -> None:
    done = run_python(
        "import sys, ringbuffer; "
        "print(sorted({'atomics', 'cffi', '_cffi_backend'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_missing_package_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MemoryBindingError, match=r"'atomics' is not installed; run: pip install atomics==1\.0\.3"
    ):
        libpatomic.bind(8)


def test_a_wrong_version_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path / "atomics")])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.0.0")
    with pytest.raises(
        MemoryBindingError, match=r"atomics==1\.0\.3, but version 2\.0\.0 is installed"
    ):
        libpatomic.bind(8)


def test_a_package_without_its_c_library_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "atomics" / "_impl").mkdir(parents=True)
    (tmp_path / "atomics" / "__init__.py").write_text("")
    spec = importlib.util.spec_from_file_location(
        "atomics",
        tmp_path / "atomics" / "__init__.py",
        submodule_search_locations=[str(tmp_path / "atomics")],
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(MemoryBindingError, match="its C library cannot be used"):
        libpatomic.bind(8)


def test_a_table_of_another_shape_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "atomics" / "_impl").mkdir(parents=True)
    (tmp_path / "atomics" / "_impl" / "patomic.py").write_text("class Patomic: pass\n")
    spec = importlib.util.spec_from_file_location(
        "atomics",
        tmp_path / "atomics" / "__init__.py",
        submodule_search_locations=[str(tmp_path / "atomics")],
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(MemoryBindingError, match="its C library cannot be used"):
        libpatomic.bind(8)


def test_an_unsupported_width_is_one_clear_error() -> None:
    with pytest.raises(MemoryBindingError, match="no lock-free load for integers of 24 bytes"):
        libpatomic.bind(24)


def test_a_coarser_alignment_than_a_cell_has_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = libpatomic._load_table()
    monkeypatch.setattr(table.Patomic, "alignment", lambda width: SimpleNamespace(recommended=1024))
    with pytest.raises(MemoryBindingError, match="aligned to 1024 bytes"):
        libpatomic.PatomicFunctions(table, 8)


def test_plain_moves_are_refused_where_they_are_not_ordered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "PLAIN_MOVES_ARE_ORDERED", False)
    with pytest.raises(ValueError, match=r"words=WordKind\.PLAIN: these are not ordered"):
        ProcessMemory(atomics="atomics", words=WordKind.PLAIN)
    assert words_of(ProcessMemory(atomics="atomics")) is WordKind.FENCED


def test_words_with_a_fence_are_refused_where_lists_are_not_locked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "LISTS_ARE_LOCKED", False)
    with pytest.raises(ValueError, match=r"words=WordKind\.FENCED: these are not ordered"):
        ProcessMemory(atomics="atomics", words=WordKind.FENCED)
    monkeypatch.setattr(words, "PLAIN_MOVES_ARE_ORDERED", False)
    assert words_of(ProcessMemory(atomics="atomics")) is WordKind.CALLED
