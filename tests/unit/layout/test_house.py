"""The house: imports point down, and each thing is used only where it belongs."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import ringbuffer

ROOT = Path(ringbuffer.__file__).parent
PROJECT = ROOT.parent
MODULES = sorted(ROOT.rglob("*.py"))

#: From the top of the house down; a room may import from rooms below it, and from itself.
FLOORS = [
    "cli",
    "messaging",
    "diagnostics",
    "disruptor",
    "processors",
    "ring_buffer",
    "producer",
    "sequencer",
    "barrier",
    "wait",
    "sequence",
    "host memory",
    "errors",
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms.split()}


def room_of(module: Path) -> str:
    parts = module.relative_to(ROOT).with_suffix("").parts
    return parts[0]


def imports_of(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports say the whole name"
            yield node.module or ""


def within(module: Path) -> str:
    return str(module.relative_to(PROJECT))


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) not in ("__init__", "__main__")], ids=within)
def test_imports_point_down(module: Path) -> None:
    room = room_of(module)
    for name in imports_of(module):
        if name.startswith("ringbuffer."):
            other = name.split(".")[1]
            assert other == room or LEVEL[other] > LEVEL[room], f"{room} imports {name}, which is not below it"
        elif name == "ringbuffer":
            assert room == "cli", f"{room} imports the whole library"


@pytest.mark.parametrize("module", MODULES, ids=within)
def test_only_the_memory_layer_knows_ctypes(module: Path) -> None:
    for name in imports_of(module):
        top = name.split(".")[0]
        assert top not in ("atomics", "cffi", "_cffi_backend")
        assert top != "ctypes" or room_of(module) == "memory"


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) not in ("cli", "host")], ids=within)
def test_only_the_host_has_a_clock_and_locks_and_threads(module: Path) -> None:
    tree = ast.parse(module.read_text())
    assert "time" not in set(imports_of(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "threading":
            assert node.attr == "local", f"threading.{node.attr} belongs into host.py"


def test_nothing_below_imports_the_command_line() -> None:
    for module in MODULES:
        if room_of(module) not in ("cli", "__main__"):
            assert not any(name.startswith("ringbuffer.cli") for name in imports_of(module)), module


def test_everything_public_is_documented() -> None:
    for name in ringbuffer.__all__:
        thing = getattr(ringbuffer, name)
        assert inspect.getdoc(thing), name
        for attribute, member in vars(thing).items():
            if not attribute.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{name}.{attribute}"


def test_what_is_exported_is_sorted_and_there() -> None:
    assert ringbuffer.__all__ == sorted(ringbuffer.__all__)
    assert ringbuffer.__version__ == "0.1.0"


def test_no_test_sleeps() -> None:
    for module in (PROJECT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "sleep" and isinstance(node.value, ast.Name):
                assert node.value.id != "time", f"{module}:{node.lineno}"


@pytest.mark.parametrize("module", MODULES, ids=within)
def test_a_file_is_short_enough_to_hold_one_concept(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 300
