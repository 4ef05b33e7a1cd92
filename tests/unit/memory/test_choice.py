"""Which operations are taken: by an argument, by the environment, by what is installed."""

import functools
import importlib
from types import SimpleNamespace

import pytest

from ringbuffer import Disruptor, MemoryBindingError
from ringbuffer.memory import ProcessMemory, WordKind, atomic_operations, choice, libatomic
from tests.unit.memory.test_binding import run_python


def found(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Only these are installed."""
    monkeypatch.delenv("RINGBUFFER_ATOMICS", raising=False)
    providers = {
        name: provider._replace(is_installed=functools.partial(names.__contains__, name))
        for name, provider in choice._PROVIDERS.items()
    }
    monkeypatch.setattr(choice, "_PROVIDERS", providers)


def test_atomics_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, "libatomic", "native", "atomics")
    assert atomic_operations().name == "atomics"
    assert choice.installed() == ["atomics", "native", "libatomic"]


def test_without_atomics_the_system_library_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, "libatomic")
    assert atomic_operations().name == "libatomic"
    memory = ProcessMemory()
    assert memory.atomics.source == "libatomic of GCC"
    disruptor = Disruptor(lambda: [0], 4, memory=memory)
    seen = list[int]()
    disruptor.handle_events_with(lambda event, sequence, end_of_batch: seen.append(event[0]))
    with disruptor:
        for number in range(10):
            disruptor.publish_event(
                lambda event, sequence, number: event.__setitem__(0, number), number
            )
    assert seen == list(range(10))


def test_without_any_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch)
    with pytest.raises(
        MemoryBindingError,
        match=r"'atomics' is not installed; run: pip install atomics==1\.0\.3\. Instead of it, "
        r"ringbuffer takes ringbuffer-ft-native or the system's libatomic\.so\.1, and found "
        "neither",
    ):
        atomic_operations()


def test_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBUFFER_ATOMICS", "libatomic")
    assert atomic_operations().name == "libatomic"
    assert atomic_operations("atomics").name == "atomics"  # an argument comes first
    monkeypatch.setenv("RINGBUFFER_ATOMICS", "")
    assert atomic_operations().name == choice.installed()[0]


def test_the_environment_is_read_at_the_import() -> None:
    code = """
        import os
        os.environ["RINGBUFFER_ATOMICS"] = "libatomic"
        import ringbuffer.memory
        print(ringbuffer.memory.PROCESS_MEMORY.atomics.name)
    """
    done = run_python(code)
    assert done.stdout.strip() == "libatomic", done.stderr


def test_an_unknown_name_is_refused_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = "choose one of: atomics, native, libatomic"
    with pytest.raises(ValueError, match=f"atomics='c11' is unknown; {known}"):
        ProcessMemory(atomics="c11")
    monkeypatch.setenv("RINGBUFFER_ATOMICS", "c11")
    with pytest.raises(MemoryBindingError, match=f"RINGBUFFER_ATOMICS=c11 is unknown; {known}"):
        ProcessMemory()


def test_native_cells_that_are_not_installed_are_one_clear_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(MemoryBindingError, match="run: pip install ringbuffer-ft-native"):
        atomic_operations("native")


def test_native_cells_refuse_words_of_another_kind() -> None:
    with pytest.raises(ValueError, match="native cells have their own words"):
        ProcessMemory(atomics="native", words=WordKind.CALLED)


def test_on_a_system_without_libatomic_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(libatomic, "_library", lambda: None)
    assert not libatomic.is_installed()
    with pytest.raises(MemoryBindingError, match="apt-get install libatomic1"):
        libatomic.bind(8)


class Library(dict[str, object]):
    """A shared library that has these functions."""

    def __missing__(self, name: str) -> object:
        raise AttributeError(name)


def test_a_libatomic_that_takes_locks_is_refused() -> None:
    library = Library({"__atomic_is_lock_free": SimpleNamespace(restype=None)})
    library["__atomic_is_lock_free"] = lambda size, address: False
    with pytest.raises(MemoryBindingError, match="no lock-free operations on integers of 8 bytes"):
        libatomic.LibatomicFunctions(library, 8)  # type: ignore[arg-type]


def test_a_libatomic_that_lacks_a_function_is_refused() -> None:
    library = Library({"__atomic_is_lock_free": lambda size, address: True})
    functions = libatomic.LibatomicFunctions(library, 8)  # type: ignore[arg-type]
    with pytest.raises(MemoryBindingError, match="no function __atomic_exchange"):
        functions.exchange(None, None, None)
