"""What is measured, one topology a file; each file has a function `scenario()`."""

import importlib
import pkgutil

from benchmarks.scenario import Scenario


def names() -> list[str]:
    """The scenarios, in the order of the alphabet."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in names():
        raise ValueError(f"there is no scenario {name!r}; there are {', '.join(names())}")
    scenario: Scenario = importlib.import_module(f"benchmarks.scenarios.{name}").scenario()
    return scenario
