"""Waiting with a limit: a longer wait means that a thread is stuck, and every stack is printed."""

import faulthandler
import sys
import threading
import time
from collections.abc import Callable

from ringbuffer.host import Host

#: Longer than anything here takes, in seconds.
PATIENCE = 60.0
#: The pause between two tests of a condition that no thread signals, in seconds.
PAUSE = 0.0005


class Stuck(AssertionError):
    """A thread did not end."""


def stuck(what: str) -> Stuck:
    """Show every stack; the error to raise."""
    sys.stderr.write(f"\nstuck: {what}\n")
    sys.stderr.flush()
    faulthandler.dump_traceback(all_threads=True)
    return Stuck(what)


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until `condition` holds."""
    deadline, pause = time.monotonic() + patience, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise stuck(f"{what} within {patience:g} s")
        pause.wait(PAUSE)


class WatchedThread:
    """A call in a thread of a host. `join` raises what it raised."""

    def __init__(self, host: Host, call: Callable[[], object], name: str) -> None:
        self.error: BaseException | None = None
        self.name = name
        self._call = call
        self._thread = host.start_thread(self._run, name)

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:
            self.error = error

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def ended(self, patience: float = PATIENCE) -> BaseException | None:
        """Wait for its end; what it raised."""
        self._thread.join(patience)
        if self._thread.is_alive():
            raise stuck(f"{self.name} did not end within {patience:g} s")
        return self.error

    def join(self, patience: float = PATIENCE) -> None:
        """Wait for its end, and raise what it raised."""
        if (error := self.ended(patience)) is not None:
            raise error
