"""`quiet`: silences the library's log while runs are given up in the middle."""

import contextlib
import logging
from collections.abc import Iterator

#: The logger that all loggers of the library have above them.
LIBRARY = "ringbuffer"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Disable the loggers of the library in this block.

    A run that fails is given up wherever its threads are. Each consumer in it dies, and would log
    that.
    """
    names = [
        name
        for name in tuple(logging.root.manager.loggerDict)
        if name == LIBRARY or name.startswith(f"{LIBRARY}.")
    ]
    silenced = [logger for logger in map(logging.getLogger, names) if not logger.disabled]
    for logger in silenced:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in silenced:
            logger.disabled = False
