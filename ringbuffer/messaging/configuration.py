"""Queue options from a mapping, or from a table of a TOML file."""

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from ringbuffer.messaging.options import InMemoryQueueOptions, ProducerMode, QueueMode, WaitStrategyKind

#: The options that are members of an enumeration; in a mapping they are their values.
_KINDS: Final[dict[str, type[enum.Enum]]] = {
    "mode": QueueMode,
    "wait_strategy": WaitStrategyKind,
    "producer_mode": ProducerMode,
}


def options_from_mapping(mapping: Mapping[str, object]) -> InMemoryQueueOptions:
    """Options from the names and values of a mapping; what it does not say has its default.

    Args:
        mapping: such as `{"mode": "ring_buffer", "buffer_size": 4096, "wait_strategy": "yielding"}`: the attributes of
            `InMemoryQueueOptions`, with the values of the enumerations in place of their members, or the members themselves.

    Raises:
        TypeError: it is no mapping, or a value is of another type.
        ValueError: a key or a value is unknown, or the options do not go together; see `InMemoryQueueOptions`.
    """
    if not isinstance(mapping, Mapping):
        raise TypeError(f"queue options must be a mapping of names to values, not {mapping!r}")
    known = [each.name for each in fields(InMemoryQueueOptions)]
    for key in mapping:
        if key not in known:
            raise ValueError(f"unknown queue option {key!r}; the options are {', '.join(known)}")
    values: dict[str, Any] = {
        key: _member(key, _KINDS[key], value) if key in _KINDS else value for key, value in mapping.items()
    }
    return InMemoryQueueOptions(**values)


def options_from_toml(path: str | Path, table: str = "queue") -> InMemoryQueueOptions:
    """Options from a table of a TOML file.

    Args:
        path: of the file.
        table: its name; dots lead to a table within a table.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no TOML, has no such table, or see `options_from_mapping`. The message begins with the file and the
            table.
        TypeError: see `options_from_mapping`.
    """
    where = f"{path}, table [{table}]"
    with open(path, "rb") as file:
        try:
            found: object = tomllib.load(file)
        except ValueError as error:
            raise ValueError(f"{path} is no TOML: {error}") from error
    for name in table.split("."):
        if not isinstance(found, dict) or not isinstance(found.get(name), dict):
            names = [each for each, value in found.items() if isinstance(value, dict)] if isinstance(found, dict) else []
            raise ValueError(f"{where}: there is no table {name!r}; there is {', '.join(names) or 'none'}")
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
