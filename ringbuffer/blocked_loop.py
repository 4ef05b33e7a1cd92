"""`warn_of_blocked_loop`: a blocking publication stands still with the event loop of its thread.

A publication that waits for free capacity blocks its thread. If a task made it, all other tasks of
its loop wait too. That is hard to see, because most publications find free capacity. So while a
program is developed, a wait that blocks a loop is reported: in the debug mode of asyncio, and in
Python's development mode.

Only waits are looked at. A publication that finds free capacity pays nothing.
"""

import os
import sys
import warnings
from typing import Final

#: The folder of the library: a warning names the first line outside of it.
_LIBRARY: Final = os.path.dirname(__file__) + os.sep

_MESSAGE: Final = (
    "a call that publishes or puts waits for free capacity, and blocks the running event loop. Use "
    "`await bus.publish(...)`, `await queue.enqueue(...)` or an AsyncQueue; or a call that does "
    "not wait, such as try_publish_event; or asyncio.to_thread"
)


def warn_of_blocked_loop(timeout: float | None) -> None:
    """Warn if the calling thread runs an event loop of asyncio that is in debug mode.

    Call it before a wait, without a lock, and where an error loses nothing: a filter of the program
    may raise the warning, and its hooks may run any code. The usual filters show the warning once
    for each line that publishes.

    Args:
        timeout: how long the call may wait, in seconds; 0 or less is not a wait.

    Raises:
        RuntimeWarning: a filter makes it an error.
    """
    if timeout is not None and timeout <= 0:
        return
    # A program that has not imported asyncio has no loop, and need not load it for this.
    running_loop = getattr(sys.modules.get("asyncio"), "_get_running_loop", None)
    loop = None if running_loop is None else running_loop()
    if loop is not None and (loop.get_debug() or sys.flags.dev_mode):
        warnings.warn(_MESSAGE, RuntimeWarning, skip_file_prefixes=(_LIBRARY,))
