"""All calls: each module of `tests.interrupts.calls` has a list `CALLS`."""

import importlib
import pkgutil
from typing import Any

import tests.interrupts.calls
from tests.interrupts.call import Call


def catalogue() -> list[Call[Any]]:
    """The calls of all modules, in the order of the modules' names."""
    found: list[Call[Any]] = []
    for module in sorted(
        each.name for each in pkgutil.iter_modules(tests.interrupts.calls.__path__)
    ):
        found += importlib.import_module(f"tests.interrupts.calls.{module}").CALLS
    names = [call.name for call in found]
    assert len(set(names)) == len(names), "each call has a name of its own"
    return found


def chosen(words: list[str]) -> list[Call[Any]]:
    """The calls whose name contains one of the words; all where there are no words.

    Raises:
        ValueError: a word is in no name.
    """
    calls = catalogue()
    for word in words:
        if not any(word in call.name for call in calls):
            raise ValueError(f"no call's name contains {word!r}")
    return [call for call in calls if not words or any(word in call.name for word in words)]
