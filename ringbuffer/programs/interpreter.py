"""Facts about the interpreter that every command needs."""

import sys
import sysconfig
from typing import Final

#: Whether the interpreter is built to run without a GIL.
FREE_THREADED: Final = sysconfig.get_config_var("Py_GIL_DISABLED") == 1


def gil_is_on() -> bool:
    """Whether the GIL is on now."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())
