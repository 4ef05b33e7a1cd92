"""The environment variable that overrides the mode of every queue.

With it, a rollback to Channel mode does not need a change of the program.
"""

import logging
import os
from dataclasses import replace
from typing import Final

from ringbuffer.messaging.options import InMemoryQueueOptions, QueueMode

logger: Final = logging.getLogger("ringbuffer.messaging")

#: The name of the variable; its values are those of `QueueMode`. If it is unset or empty, it has no
#: effect.
MODE_VARIABLE: Final = "RINGBUFFER_QUEUE_MODE"

#: The changes that were logged already: from a mode, to a mode.
_logged: Final[set[tuple[QueueMode, QueueMode]]] = set()


def with_environment(options: InMemoryQueueOptions) -> InMemoryQueueOptions:
    """The options, with the mode that the environment sets.

    Each change of a mode is logged once in a process.

    Raises:
        ValueError: the variable does not name a mode, or the other options do not allow that mode.
    """
    value = os.environ.get(MODE_VARIABLE, "").strip()
    if not value:
        return options
    try:
        mode = QueueMode(value.lower())
    except ValueError:
        modes = " or ".join(each.value for each in QueueMode)
        raise ValueError(
            f"the environment variable {MODE_VARIABLE} must be {modes}, or unset, not {value!r}"
        ) from None
    if mode is options.mode:
        return options
    try:
        overruled = replace(options, mode=mode)
    except ValueError as error:
        raise ValueError(
            f"the environment variable {MODE_VARIABLE} sets {mode.value}, but {error}"
        ) from error
    change = (options.mode, mode)
    if change not in _logged:
        _logged.add(change)
        logger.warning(
            "the environment variable %s overrides the mode of queues: %s instead of %s",
            MODE_VARIABLE,
            mode.value,
            options.mode.value,
        )
    return overruled
