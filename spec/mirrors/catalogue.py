"""The mirror of each module, within the bounds of a configuration."""

from typing import Any

from spec.mirrors.blocking import Blocking
from spec.mirrors.joining import Joining
from spec.mirrors.lifecycle import Lifecycle
from spec.mirrors.mirror import Mirror
from spec.mirrors.multi_producer import MultiProducer
from spec.mirrors.revoke import Revoke
from spec.mirrors.single_producer import SingleProducer
from spec.mirrors.work_pool import WorkPool
from spec.tools.configuration import Configuration
from spec.tools.values import parse

#: The sets of consumers in modules/Graphs.tla.
CONSUMERS: dict[str, frozenset[str]] = {
    "One": frozenset("a"),
    "Two": frozenset("ab"),
    "Three": frozenset("abc"),
    "Four": frozenset("abcd"),
}
#: The graphs in modules/Graphs.tla: the dependencies of each consumer that has any.
DEPENDENCIES: dict[str, dict[str, frozenset[str]]] = {
    "Independent": {},
    "Chain": {"b": frozenset("a")},
    "Diamond": {"c": frozenset("ab")},
    "Kite": {"b": frozenset("a"), "c": frozenset("a"), "d": frozenset("bc")},
}
#: The modules that have a mirror, and the order of its arguments.
MIRRORS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "SingleProducer": (SingleProducer, ("Size", "Events", "Batches", "Dependencies")),
    "MultiProducer": (
        MultiProducer,
        ("Size", "Events", "Batches", "Producers", "Dependencies", "MayGiveUp"),
    ),
    "WorkPool": (WorkPool, ("Size", "Events", "Workers", "Chunks", "Deaths")),
    "Joining": (Joining, ("Size", "Events", "Batches", "Producers", "Residents", "Joiners")),
    "Blocking": (
        Blocking,
        ("Events", "Lite", "Spins", "MayTimeOut", "Dependencies", "Alerted"),
    ),
    "Lifecycle": (
        Lifecycle,
        (
            "Size",
            "Events",
            "Producers",
            "Consumers",
            "Halters",
            "Starts",
            "MayDie",
            "MaySkip",
            "Ends",
        ),
    ),
    "Revoke": (
        Revoke,
        ("Size", "Events", "Owner", "Newcomers", "Waits", "MayClose", "Protocol"),
    ),
}


def mirror_of(module: str, constants: str) -> Mirror:
    """Returns the mirror of a module.

    Args:
        module: the name of the module.
        constants: as in a configuration, one a line or separated by semicolons.
    """
    lines = (line for line in constants.replace(";", "\n").splitlines() if line.strip())
    pairs = (line.replace("<-", "=").split("=", 1) for line in lines)
    given = {name.strip(): value.strip() for name, value in pairs}
    make, names = MIRRORS[module]
    return make(*(_value_of(name, given) for name in names))  # type: ignore[no-any-return]


def of_configuration(configuration: Configuration) -> Mirror:
    """Returns the mirror of a configuration's module, within its bounds."""
    return mirror_of(configuration.module, configuration.constants)


def dependencies_of(consumers: str, graph: str) -> dict[str, frozenset[str]]:
    """Returns each consumer's dependencies. The arguments are names in modules/Graphs.tla."""
    return {
        each: DEPENDENCIES[graph].get(each, frozenset()) for each in sorted(CONSUMERS[consumers])
    }


def _value_of(name: str, given: dict[str, str]) -> Any:
    if name == "Dependencies":
        return dependencies_of(given["Consumers"], given[name])
    value = parse(given[name])
    return value[1] if isinstance(value, tuple) else value
