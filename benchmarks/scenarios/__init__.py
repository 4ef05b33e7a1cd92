"""What is measured, one topology a file; each file has a function `scenario()`.

The most common ones are in the library, for `ringbuffer bench`; here they have more peers.
"""

import importlib
import pkgutil

from benchmarks.peers import PEERS
from ringbuffer.programs.bench.scenario import Scenario
from ringbuffer.programs.bench.scenarios import SCENARIOS


def names() -> list[str]:
    """The scenarios, in the order of the alphabet."""
    return sorted({*SCENARIOS, *(module.name for module in pkgutil.iter_modules(__path__))})


def load(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        ValueError: there is no such scenario.
    """
    if name not in names():
        raise ValueError(f"there is no scenario {name!r}; there are {', '.join(names())}")
    if name in SCENARIOS:
        return SCENARIOS[name](PEERS)
    scenario: Scenario = importlib.import_module(f"benchmarks.scenarios.{name}").scenario()
    return scenario
