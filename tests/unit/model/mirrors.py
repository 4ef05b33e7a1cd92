"""The mirror of a module within the bounds of a configuration."""

from typing import Any

from ringbuffer.cli.check.configuration import Configuration
from tests.unit.model.blocking import Blocking
from tests.unit.model.graphs import Mirror
from tests.unit.model.joining import Joining
from tests.unit.model.lifecycle import Lifecycle
from tests.unit.model.multi_producer import MultiProducer
from tests.unit.model.single_producer import SingleProducer
from tests.unit.model.values import parse
from tests.unit.model.work_pool import WorkPool

#: As in spec/Graphs.tla.
CONSUMERS: dict[str, frozenset[str]] = {
    "One": frozenset("a"),
    "Two": frozenset("ab"),
    "Three": frozenset("abc"),
    "Four": frozenset("abcd"),
}
DEPENDENCIES: dict[str, dict[str, frozenset[str]]] = {
    "Independent": {},
    "Chain": {"b": frozenset("a")},
    "Diamond": {"c": frozenset("ab")},
    "Kite": {"b": frozenset("a"), "c": frozenset("a"), "d": frozenset("bc")},
}


#: The modules that have a mirror, and the order of its arguments.
MODULES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "SingleProducer": (SingleProducer, ("Size", "Events", "Batches", "Dependencies")),
    "MultiProducer": (MultiProducer, ("Size", "Events", "Batches", "Producers", "Dependencies", "MayGiveUp")),
    "WorkPool": (WorkPool, ("Size", "Events", "Workers", "Chunks", "Deaths")),
    "Joining": (Joining, ("Size", "Events", "Batches")),
    "Blocking": (Blocking, ("Events", "Lite", "MayTimeOut", "Alerted")),
    "Lifecycle": (Lifecycle, ("Size", "Events", "Starts", "MayHalt", "MayDie", "Ends")),
}


def mirror_of(module: str, constants: str) -> Mirror:
    """The mirror of a module. `constants` as in a configuration, one a line or separated by semicolons."""
    given = dict(line.replace("<-", "=").split("=", 1) for line in constants.replace(";", "\n").split("\n") if line.strip())
    values = {name.strip(): value.strip() for name, value in given.items()}
    make, names = MODULES[module]
    return make(*(value_of(name, values) for name in names))  # type: ignore[no-any-return]


def of_configuration(configuration: Configuration) -> Mirror:
    """The mirror that goes with a configuration of spec/."""
    return mirror_of(configuration.module, configuration.constants)


def value_of(name: str, values: dict[str, str]) -> Any:
    if name == "Dependencies":
        given = DEPENDENCIES[values[name]]
        return {consumer: given.get(consumer, frozenset()) for consumer in CONSUMERS[values["Consumers"]]}
    value = parse(values[name])
    return value[1] if isinstance(value, tuple) else value
