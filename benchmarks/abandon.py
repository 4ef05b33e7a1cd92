"""Ends the threads that a failed run has left behind."""

import ctypes
import threading
from collections.abc import Iterable


def abandon(threads: Iterable[threading.Thread]) -> None:
    """Have them end at their next bytecode, so that none spins beside the runs that follow.

    A thread that sleeps in a lock stays there, and disturbs no other thread.
    """
    for thread in threads:
        if thread.ident is not None and thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
            )
