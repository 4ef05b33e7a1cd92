"""Environment variables that override the options of every queue and event bus.

With them, a rollback to Channel mode does not need a change of the program.
"""

import enum
import logging
import os
from dataclasses import fields, replace
from typing import Final

from ringbuffer.messaging.configuration import option_value
from ringbuffer.messaging.options import EventBusOptions, InMemoryQueueOptions

logger: Final = logging.getLogger("ringbuffer.messaging")

#: The name of the variable for the mode of queues; its values are those of `QueueMode`. If it is
#: unset or empty, it has no effect. Every option has such a variable, for queues and for buses.
MODE_VARIABLE: Final = f"{InMemoryQueueOptions.variables}MODE"

#: The changes that were logged already: the variable, from a value, to a value.
_logged: Final[set[tuple[str, object, object]]] = set()


def with_environment[O: InMemoryQueueOptions | EventBusOptions](options: O) -> O:
    """The options, with what the environment sets: `RINGBUFFER_QUEUE_MODE`, `…_BUFFER_SIZE`, ….

    The variables of a bus begin with `RINGBUFFER_EVENT_BUS_`. Each change of an option is logged
    once in a process.

    Raises:
        ValueError: a variable has a value that the option does not take, or the other options do
            not allow it.
    """
    given, changes = list[str](), dict[str, object]()
    for name in (each.name for each in fields(options)):
        variable = options.variables + name.upper()
        text = os.environ.get(variable, "").strip()
        if not text:
            continue
        try:
            value = option_value(name, text)
        except ValueError as error:
            raise ValueError(f"the environment variable {variable} is wrong: {error}") from None
        if value != getattr(options, name):
            given.append(f"{variable}={text}")
            changes[name] = value
    if not changes:
        return options
    try:
        overruled: O = replace(options, **changes)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ValueError(f"the environment sets {', '.join(given)}, but {error}") from error
    for name, value in changes.items():
        _log(options.variables + name.upper(), name, getattr(options, name), value)
    return overruled


def _log(variable: str, name: str, before: object, after: object) -> None:
    if (variable, before, after) in _logged:
        return
    _logged.add((variable, before, after))
    logger.warning(
        "the environment variable %s overrides the option %s: %s instead of %s",
        variable,
        name,
        *(each.value if isinstance(each, enum.Enum) else each for each in (after, before)),
    )
