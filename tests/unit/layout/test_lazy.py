"""An import loads only what every program needs; the rest is loaded at its first use."""

import importlib
import pickle
import pydoc
import subprocess
import sys
import textwrap
import threading
import types
from typing import Any

import pytest

import ringbuffer
import ringbuffer.diagnostics
import ringbuffer.messaging
import ringbuffer.processors
import ringbuffer.queues
from ringbuffer.lazy import lazy_names
from tests.conftest import FREE_THREADED

#: The packages that have such names, and the names.
LAZY = {
    "ringbuffer": {"AsyncEventProcessor", "AsyncQueue"},
    "ringbuffer.processors": {"AsyncEventProcessor"},
    "ringbuffer.queues": {"AsyncQueue"},
    "ringbuffer.diagnostics": {"Endpoint"},
    "ringbuffer.messaging": {
        "DeadLetterFileError",
        "JsonCodec",
        "MessageCodec",
        "SqliteDeadLetters",
    },
}
#: What a program of threads does without.
HEAVY = (
    "asyncio",
    "concurrent.futures",
    "email",
    "http",
    "importlib.metadata",
    "importlib.resources",
    "json",
    "logging.config",
    "multiprocessing",
    "random",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "urllib",
    "zipfile",
)


def run_python(program: str) -> str:
    """What a program prints in an interpreter of its own, in which every warning is an error."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded_by(program: str, heavy: tuple[str, ...] = HEAVY) -> list[str]:
    """Which of the heavy modules are there after a program."""
    look = f"import sys; print(*[name for name in {heavy!r} if name in sys.modules])"
    return run_python(f"{program}\n{look}").split()


def test_an_import_of_the_library_loads_no_heavy_module() -> None:
    assert loaded_by("import ringbuffer") == []


def test_the_library_does_not_load_what_is_for_tests() -> None:
    program = """
        import sys
        import ringbuffer, ringbuffer.diagnostics, ringbuffer.messaging, ringbuffer.cli.main
        print(*[name for name in sys.modules if name.startswith("ringbuffer.testing")])
    """
    assert run_python(program) == ""


def test_what_is_for_tests_loads_no_asyncio() -> None:
    assert "asyncio" not in loaded_by("import ringbuffer.testing")


def test_a_ring_and_a_queue_of_threads_load_none_either() -> None:
    program = """
        import ringbuffer
        disruptor = ringbuffer.Disruptor.of_values(4)
        disruptor.handle_events_with(lambda value, sequence, end_of_batch: None)
        with disruptor:
            disruptor.publish_value(1)
        queue = ringbuffer.Queue(1)
        queue.put(1)
        queue.get()
        ringbuffer.EventStream, dir(ringbuffer)
    """
    assert loaded_by(textwrap.dedent(program)) == []


def test_an_import_of_the_diagnostics_loads_no_http_server() -> None:
    # The stacks of a consumer that stalls go through a temporary file.
    assert loaded_by("import ringbuffer.diagnostics") == ["random", "tempfile"]


def test_a_look_at_a_ring_and_a_queue_of_threads_loads_no_asyncio() -> None:
    program = """
        from ringbuffer import Disruptor, Queue
        from ringbuffer.diagnostics import Health, StallDetector, statistics
        disruptor, queue = Disruptor.of_values(4), Queue(1)
        for thing in (disruptor, disruptor.ring, queue):
            statistics(thing)
            Health(thing).problems()
            StallDetector(thing).look()
    """
    assert "asyncio" not in loaded_by(textwrap.dedent(program))


def test_an_import_of_messaging_loads_asyncio_and_what_asyncio_loads() -> None:
    not_needed = tuple({*HEAVY} - {*loaded_by("import asyncio")})
    # A retry is delayed by a random time.
    assert set(loaded_by("import ringbuffer.messaging", not_needed)) <= {"random"}


@pytest.mark.parametrize(
    "program",
    [
        "import ringbuffer; ringbuffer.AsyncQueue",
        "import ringbuffer; ringbuffer.AsyncEventProcessor",
        "from ringbuffer import AsyncQueue",
        "from ringbuffer import *",
    ],
)
def test_the_first_use_of_a_name_loads_what_it_needs(program: str) -> None:
    assert "asyncio" in loaded_by(program)


def test_an_asynchronous_handler_loads_asyncio() -> None:
    program = """
        from ringbuffer import Disruptor
        async def handle(*event): pass
        Disruptor.of_values(4).handle_events_with(handle)
    """
    assert "asyncio" in loaded_by(textwrap.dedent(program))


@pytest.mark.skipif(not FREE_THREADED, reason="this interpreter has a GIL")
def test_the_gil_is_off_after_every_public_name_was_used() -> None:
    program = """
        import importlib, sys
        assert not sys._is_gil_enabled()
        for package in ("ringbuffer", "ringbuffer.diagnostics", "ringbuffer.messaging"):
            module = importlib.import_module(package)
            for name in module.__all__:
                getattr(module, name)
                assert not sys._is_gil_enabled(), name
        from ringbuffer import *
        print(sys._is_gil_enabled(), AsyncQueue.__name__)
    """
    assert run_python(program) == "False AsyncQueue"


@pytest.mark.parametrize("package", LAZY)
def test_dir_and_help_show_every_public_name(package: str) -> None:
    module = importlib.import_module(package)
    assert set(module.__all__) <= set(dir(module))
    text = pydoc.plain(pydoc.render_doc(module))
    for name in LAZY[package]:
        assert f"class {name}(" in text, name


@pytest.mark.parametrize("package", LAZY)
def test_dir_shows_a_name_before_its_first_use(package: str) -> None:
    names = run_python(f"import {package} as package; print(*dir(package))").split()
    assert set(names) >= LAZY[package]
    assert names == sorted(names)


@pytest.mark.parametrize("package", LAZY)
def test_a_name_is_the_same_object_wherever_it_is_taken_from(package: str) -> None:
    module = importlib.import_module(package)
    for name in LAZY[package]:
        thing = getattr(module, name)
        assert getattr(module, name) is thing
        assert vars(module)[name] is thing, "the second use does not go through __getattr__"
        assert getattr(importlib.import_module(thing.__module__), name) is thing
        assert pickle.loads(pickle.dumps(thing)) is thing


@pytest.mark.parametrize("package", LAZY)
def test_a_name_that_is_not_there_is_an_ordinary_attribute_error(package: str) -> None:
    module: Any = importlib.import_module(package)
    with pytest.raises(AttributeError, match=rf"module '{package}' has no attribute 'Nothing'"):
        _ = module.Nothing
    assert not hasattr(module, "Nothing")


def test_threads_that_first_use_a_name_at_once_get_one_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package: Any = types.ModuleType("package_of_this_test")
    monkeypatch.setitem(sys.modules, package.__name__, package)
    modules = {"AsyncQueue": "ringbuffer.queues"}
    package.__getattr__, package.__dir__ = lazy_names(package.__name__, modules)
    together, got = threading.Barrier(4), list[object]()

    def use() -> None:
        together.wait(30)
        got.append(package.AsyncQueue)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert got == [ringbuffer.AsyncQueue] * 4
