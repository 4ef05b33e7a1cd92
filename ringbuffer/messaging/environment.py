"""The environment variable that overrules the mode of every queue: a rollback without a change of the program."""

import logging
import os
from dataclasses import replace
from typing import Final

from ringbuffer.messaging.options import InMemoryQueueOptions, QueueMode

logger: Final = logging.getLogger("ringbuffer.messaging")

#: The name of the variable; its values are those of `QueueMode`. Unset, or empty, it overrules nothing.
MODE_VARIABLE: Final = "RINGBUFFER_QUEUE_MODE"

#: What was logged already: one entry is for one change, from a mode to a mode.
_logged: Final[set[tuple[QueueMode, QueueMode]]] = set()


def with_environment(options: InMemoryQueueOptions) -> InMemoryQueueOptions:
    """The options, with the mode that the environment wants. That it overrules a mode is logged once in a process.

    Raises:
        ValueError: the variable names no mode, or one that the other options do not allow.
    """
    value = os.environ.get(MODE_VARIABLE, "").strip()
    if not value:
        return options
    try:
        mode = QueueMode(value.lower())
    except ValueError:
        modes = " or ".join(each.value for each in QueueMode)
        raise ValueError(f"the environment variable {MODE_VARIABLE} must be {modes}, or unset, not {value!r}") from None
    if mode is options.mode:
        return options
    try:
        overruled = replace(options, mode=mode)
    except ValueError as error:
        raise ValueError(f"the environment variable {MODE_VARIABLE} wants {mode.value}, but {error}") from error
    change = (options.mode, mode)
    if change not in _logged:
        _logged.add(change)
        logger.warning(
            "the environment variable %s overrules the mode of queues: %s instead of %s",
            MODE_VARIABLE,
            mode.value,
            options.mode.value,
        )
    return overruled
