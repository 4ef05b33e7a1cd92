"""Options from a mapping, or from a table of a TOML file; for a queue, or for an event bus."""

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, overload

from ringbuffer.messaging.options import ENUMERATIONS, EventBusOptions, InMemoryQueueOptions

_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
#: What each kind of options is called in messages, and its usual table of a file.
_NAMES: Final = {InMemoryQueueOptions: "queue", EventBusOptions: "event_bus"}


@overload
def options_from_mapping(mapping: Mapping[str, object]) -> InMemoryQueueOptions: ...
@overload
def options_from_mapping[O: InMemoryQueueOptions | EventBusOptions](
    mapping: Mapping[str, object], kind: type[O]
) -> O: ...
def options_from_mapping(
    mapping: Mapping[str, object], kind: type[Any] = InMemoryQueueOptions
) -> Any:
    """Builds options from the names and values of a mapping. Missing options have their defaults.

    Args:
        mapping: such as `{"mode": "ring_buffer", "buffer_size": 4096}`. Its keys are the attributes
            of `kind`. For an enumeration it has a member, or a member's value in any spelling, such
            as `RingBuffer`. Numbers and truth values may be text.
        kind: `InMemoryQueueOptions` or `EventBusOptions`.

    Raises:
        TypeError: it is not a mapping, or a value has another type.
        ValueError: a key or a value is unknown, or the options contradict each other; see `kind`.
    """
    what = _NAMES[kind].replace("_", " ")
    if not isinstance(mapping, Mapping):
        raise TypeError(f"{what} options must be a mapping of names to values, not {mapping!r}")
    known = [each.name for each in fields(kind)]
    for key in mapping:
        if key not in known:
            raise ValueError(f"unknown {what} option {key!r}; the options are {', '.join(known)}")
    values: dict[str, Any] = {key: option_value(key, value) for key, value in mapping.items()}
    return kind(**values)


@overload
def options_from_toml(path: str | Path, table: str | None = None) -> InMemoryQueueOptions: ...
@overload
def options_from_toml[O: InMemoryQueueOptions | EventBusOptions](
    path: str | Path, table: str | None, kind: type[O]
) -> O: ...
def options_from_toml(
    path: str | Path, table: str | None = None, kind: type[Any] = InMemoryQueueOptions
) -> Any:
    """Builds options from a table of a TOML file.

    Args:
        path: the path of the file.
        table: the name of the table; dots lead to a table within a table. The default is `queue`,
            or `event_bus` for an event bus.
        kind: `InMemoryQueueOptions` or `EventBusOptions`.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not valid TOML or lacks the table, or see `options_from_mapping`.
            The message begins with the file and the table.
        TypeError: see `options_from_mapping`.
    """
    table = _NAMES[kind] if table is None else table
    where = f"{path}, table [{table}]"
    with open(path, "rb") as file:
        try:
            found: object = tomllib.load(file)
        except ValueError as error:
            raise ValueError(f"{path} is not valid TOML: {error}") from error
    for name in table.split("."):
        tables: dict[str, object] = found if isinstance(found, dict) else {}
        if not isinstance(tables.get(name), dict):
            names = [each for each, value in tables.items() if isinstance(value, dict)]
            others = f"the tables are {', '.join(names)}" if names else "there are no tables"
            raise ValueError(f"{where}: there is no table {name!r}; {others}")
        found = tables[name]
    assert isinstance(found, dict)
    try:
        return options_from_mapping(found, kind)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: {error}") from error


def option_value(key: str, value: object) -> object:
    """Returns the value of an option, which a mapping or the environment may have as text.

    Raises:
        TypeError, ValueError: the option is one of an enumeration, and has no such member.
    """
    if key in ENUMERATIONS:
        return _member(key, ENUMERATIONS[key], value)
    if isinstance(value, str):
        text = value.strip()
        if key == "drop_when_full":
            return _TRUTHS.get(text.lower(), value)
        if text.isdecimal():
            return int(text)
    return value


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
