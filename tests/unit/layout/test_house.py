"""The house: imports point down, and each thing is used only where it belongs."""

import ast
import functools
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import ringbuffer
from ringbuffer.cli.main import COMMANDS

ROOT = Path(ringbuffer.__file__).parent
PROJECT = ROOT.parent
MODULES = sorted(ROOT.rglob("*.py"))

#: From the top of the house down; a room may import from rooms below it, and from itself.
FLOORS = [
    "cli",
    "programs",
    "testing",
    "diagnostics",
    "messaging",
    "queues",
    "disruptor",
    "processors",
    "ring_buffer",
    "shared_rings",
    "shared",
    "producer readers reclaiming resetting ring_progress",
    "sequencer",
    "barrier",
    "wait",
    "sequence_group",
    "sequence skipped",
    "backoff blocking_bridge blocked_loop own_loop",
    "records",
    "service",
    "host memory",
    "at_exit",
    "ending",
    "system",
    "forks",
    "reentry",
    "errors checks per_thread_counter one_process lazy",
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms.split()}


def room_of(module: Path) -> str:
    parts = module.relative_to(ROOT).with_suffix("").parts
    return parts[0]


@functools.cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


def imports_of(module: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports say the whole name"
            yield node.module or ""


def within(module: Path) -> str:
    return str(module.relative_to(PROJECT))


@pytest.mark.parametrize(
    "module", [m for m in MODULES if room_of(m) not in ("__init__", "__main__")], ids=within
)
def test_imports_point_down(module: Path) -> None:
    room = room_of(module)
    for name in imports_of(module):
        if name.startswith("ringbuffer."):
            other = name.split(".")[1]
            assert other == room or LEVEL[other] > LEVEL[room], (
                f"{room} imports {name}, which is not below it"
            )
        elif name == "ringbuffer":
            assert room in ("cli", "programs"), f"{room} imports the whole library"


@pytest.mark.parametrize("module", MODULES, ids=within)
def test_only_the_memory_layer_knows_ctypes(module: Path) -> None:
    for name in imports_of(module):
        top = name.split(".")[0]
        assert top not in ("atomics", "cffi", "_cffi_backend")
        assert top != "ctypes" or room_of(module) == "memory"


@pytest.mark.parametrize(
    "module", [m for m in MODULES if room_of(m) not in ("cli", "programs", "memory")], ids=within
)
def test_no_other_module_finds_the_atomics_in_another_way(module: Path) -> None:
    for node in ast.walk(tree_of(module)):
        assert not (
            isinstance(node, ast.Constant) and node.value in ("atomics", "ctypes", "cffi")
        ), f"line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id in ("atomics", "ctypes", "cffi")), (
            f"line {node.lineno}"
        )
    # `lazy` imports modules of the library, whose names stand in the packages that call it.
    if room_of(module) != "lazy":
        assert not {"importlib", "importlib.metadata"} & set(imports_of(module))


@pytest.mark.parametrize(
    "module",
    # `testing` has hosts of its own, and runs their threads.
    [m for m in MODULES if room_of(m) not in ("cli", "programs", "testing", "host", "system")],
    ids=within,
)
def test_only_the_host_has_a_clock_and_locks_and_threads(module: Path) -> None:
    tree = tree_of(module)
    assert "time" not in set(imports_of(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("threading", "_thread"):
            assert {alias.name for alias in node.names} <= {"local"}, (
                "locks and threads belong in host.py"
            )
        if isinstance(node, ast.Import):
            for alias in node.names:
                assert alias.name != "_thread"
                assert alias.name != "threading" or alias.asname is None, (
                    "under another name it would not be found here"
                )
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "threading"
        ):
            assert node.attr == "local", f"threading.{node.attr} belongs in host.py"


def test_the_command_line_holds_one_module_for_each_command() -> None:
    modules = {path.stem for path in (ROOT / "cli").glob("*.py")}
    assert modules == {"__init__", "main", "program", "arguments", *COMMANDS}
    for module in (ROOT / "programs").rglob("*.py"):
        assert "argparse" not in set(imports_of(module)), (
            f"{within(module)}: arguments belong in cli"
        )


def test_nothing_below_imports_the_command_line() -> None:
    for module in MODULES:
        if room_of(module) not in ("cli", "__main__"):
            assert not any(name.startswith("ringbuffer.cli") for name in imports_of(module)), module


def test_no_other_part_of_the_library_imports_what_is_for_tests() -> None:
    for module in MODULES:
        if room_of(module) != "testing":
            assert not any(name.startswith("ringbuffer.testing") for name in imports_of(module)), (
                module
            )


def test_everything_public_is_documented() -> None:
    for name in ringbuffer.__all__:
        thing = getattr(ringbuffer, name)
        assert inspect.getdoc(thing), name
        for attribute, member in vars(thing).items():
            if not attribute.startswith("_") and (
                inspect.isfunction(member) or isinstance(member, property)
            ):
                assert inspect.getdoc(member), f"{name}.{attribute}"


def test_what_is_exported_is_sorted_and_there() -> None:
    assert ringbuffer.__all__ == sorted(ringbuffer.__all__)
    assert ringbuffer.__version__ == "0.1.0"


def sleeps_in(source: str) -> list[int]:
    """The lines that call `time.sleep`, under whatever name `time` or `sleep` was imported."""
    if "sleep" not in source and "import *" not in source:
        return []
    tree = ast.parse(source)
    clocks, lines = {"time"}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            clocks |= {alias.asname or alias.name for alias in node.names if alias.name == "time"}
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            lines += [node.lineno for alias in node.names if alias.name in ("sleep", "*")]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "sleep"
            and isinstance(node.value, ast.Name)
        ):
            lines += [node.lineno] if node.value.id in clocks else []
    return lines


@pytest.mark.parametrize("test", sorted((PROJECT / "tests").rglob("*.py")), ids=within)
def test_no_test_sleeps(test: Path) -> None:
    assert sleeps_in(test.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time; time.sleep(1)",
        "import time as t; t.sleep(1)",
        "from time import sleep",
        "from time import *",
    ],
)
def test_a_sleep_is_found_under_any_name(source: str) -> None:
    assert sleeps_in(source)


def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for module in MODULES:
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(within(module))
    shared = {name: files for name, files in places.items() if len(files) > 1}
    assert not shared, "one word, one thing: rename all but one of them"


#: The longest file, in lines.
LONGEST = 300
#: Files that became longer when lines became shorter; and the hot functions over the variables of a
#: single producer, which one function must enclose. They may not grow; a file that is split leaves
#: this list.
TO_BE_SPLIT = {
    "ringbuffer/producer/single.py": 321,
    "ringbuffer/queues/two_lock_ring.py": 328,
}


@pytest.mark.parametrize("module", MODULES, ids=within)
def test_a_file_is_short_enough_to_hold_one_concept(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= TO_BE_SPLIT.get(within(module), LONGEST), (
        "split it: one concept a file"
    )


def test_a_file_that_is_short_again_is_not_listed_as_too_long() -> None:
    lengths = {name: len((PROJECT / name).read_text().splitlines()) for name in TO_BE_SPLIT}
    assert all(length > LONGEST for length in lengths.values()), "take it out of TO_BE_SPLIT"


#: Where each thread's hot operations stand, those that run for each event.
HOT_FILES = {
    "producer/single.py": {"next_", "try_next", "publish", "try_put", "try_fill", "each"},
    "producer/multi.py": {"next_", "try_next", "publish", "try_put", "each"},
    "producer/multi_fill.py": {"try_fill"},
    "producer/thread_producer.py": {"publish_event", "publish_value", "try_fill", "try_put"},
}
SCREEN = 60


@pytest.mark.parametrize("name", HOT_FILES)
def test_a_hot_function_is_marked_and_fits_on_a_screen(name: str) -> None:
    source = (ROOT / name).read_text()
    lines = source.splitlines()
    marked = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and lines[node.lineno - 2].strip().startswith("# HOT: ")
    }
    assert marked.keys() >= HOT_FILES[name], (
        "write `# HOT: what it does` above each operation that runs for each event"
    )
    assert max(marked.values()) <= SCREEN, f"{marked}: move what runs rarely out of a hot function"


def test_the_sequencer_knows_no_slots() -> None:
    for module in (ROOT / "sequencer").rglob("*.py"):
        names = {node.id for node in ast.walk(tree_of(module)) if isinstance(node, ast.Name)}
        assert not names & {"SlotView", "Slots", "SlotLists"}, (
            f"{module}: slots belong in producer/"
        )
