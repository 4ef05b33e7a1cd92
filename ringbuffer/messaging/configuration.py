"""Queue options from a mapping, or from a table of a TOML file."""

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from ringbuffer.messaging.options import (
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
)

#: The options whose values are members of an enumeration. A mapping has the members' values.
_KINDS: Final[dict[str, type[enum.Enum]]] = {
    "mode": QueueMode,
    "wait_strategy": WaitStrategyKind,
    "producer_mode": ProducerMode,
}


def options_from_mapping(mapping: Mapping[str, object]) -> InMemoryQueueOptions:
    """Builds options from the names and values of a mapping. Missing options have their defaults.

    Args:
        mapping: such as `{"mode": "ring_buffer", "buffer_size": 4096}`. Its keys are the attributes
            of `InMemoryQueueOptions`. For an enumeration it has a member, or a member's value.

    Raises:
        TypeError: it is not a mapping, or a value has another type.
        ValueError: a key or a value is unknown, or the options contradict each other; see
            `InMemoryQueueOptions`.
    """
    if not isinstance(mapping, Mapping):
        raise TypeError(f"queue options must be a mapping of names to values, not {mapping!r}")
    known = [each.name for each in fields(InMemoryQueueOptions)]
    for key in mapping:
        if key not in known:
            raise ValueError(f"unknown queue option {key!r}; the options are {', '.join(known)}")
    values: dict[str, Any] = {
        key: _member(key, _KINDS[key], value) if key in _KINDS else value
        for key, value in mapping.items()
    }
    return InMemoryQueueOptions(**values)


def options_from_toml(path: str | Path, table: str = "queue") -> InMemoryQueueOptions:
    """Builds options from a table of a TOML file.

    Args:
        path: the path of the file.
        table: the name of the table; dots lead to a table within a table.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not valid TOML or lacks the table, or see `options_from_mapping`.
            The message begins with the file and the table.
        TypeError: see `options_from_mapping`.
    """
    where = f"{path}, table [{table}]"
    with open(path, "rb") as file:
        try:
            found: object = tomllib.load(file)
        except ValueError as error:
            raise ValueError(f"{path} is not valid TOML: {error}") from error
    for name in table.split("."):
        if not isinstance(found, dict) or not isinstance(found.get(name), dict):
            names = (
                [each for each, value in found.items() if isinstance(value, dict)]
                if isinstance(found, dict)
                else []
            )
            others = f"the tables are {', '.join(names)}" if names else "there are no tables"
            raise ValueError(f"{where}: there is no table {name!r}; {others}")
        found = found[name]
    assert isinstance(found, dict)
    try:
        return options_from_mapping(found)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: {error}") from error


def _member(key: str, kind: type[enum.Enum], value: object) -> enum.Enum:
    """The member of an enumeration that a value names."""
    if isinstance(value, kind):
        return value
    choice = ", ".join(repr(each.value) for each in kind)
    if not isinstance(value, str):
        raise TypeError(f"{key} must be one of {choice}, not {value!r}")
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{key} must be one of {choice}, not {value!r}") from None
