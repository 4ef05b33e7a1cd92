"""What happens at the end of the program to objects with consumers that were never closed.

Consumers run in daemon threads, which the interpreter stops silently. What they have not handled
would be lost without a message. So each object that has started consumers is noted here until it is
closed. When the program ends, an object that is still noted is drained, if it was made with
`drain_at_exit=`. Otherwise a `ResourceWarning` and a line in the log say what is left.

`atexit` calls `end_of_program` after the other threads of the program have ended and before the
daemon threads are stopped. So consumers can still work. Neither way can hang: the check takes no
lock that a handler holds, and a drain has a time limit.

What is left is reported once. If an interrupt cuts a close short before it has reported, the object
stays noted here, and the end of the program reports.

The callback is registered when this module is imported. `atexit` calls later callbacks first. So a
program's own callback that closes a disruptor comes before this one.

References are strong: the threads of a started object live until it is closed anyway.
"""

import atexit
import os
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Final

from ringbuffer.checks import Duration
from ringbuffer.ending import check_seconds_or_none, log_left, logger


class AtExit:
    """What the end of the program needs to know about an object with consumers. Any thread.

    Args:
        name: what messages call it.
        left: returns what is not handled, with numbers and names; takes no lock of a handler.
        drain: closes it, waits at most that many seconds for what is not handled, and logs the
            rest.
        drain_at_exit: how long the end of the program waits, in seconds; None does not drain.

    Raises:
        TypeError: `drain_at_exit` is not a number.
        ValueError: it is negative, infinite or not a number.
    """

    __slots__ = ("_has_told", "drain", "left", "name", "seconds")

    def __init__(
        self,
        name: str,
        left: Callable[[], tuple[str, ...]],
        drain: Callable[[float], object],
        drain_at_exit: Duration | None,
    ) -> None:
        self.name: Final = name
        self.left: Final = left
        self.drain: Final = drain
        self.seconds: Final = check_seconds_or_none("drain_at_exit", drain_at_exit)
        self._has_told = False

    def started(self) -> None:
        """Note that its consumers were started. Calling it again changes nothing."""
        if not _this_thread.reports_nothing:
            _started[self] = None

    def closed(self) -> None:
        """Note that it was closed and needs no report. Does nothing if it was not started."""
        _started.pop(self, None)

    def ended(self, how: str, left: Iterable[str]) -> None:
        """Log what is left, unless that was done before; then it counts as closed.

        The order matters: after an interrupt it is either reported, or still noted as open. Only an
        interrupt inside `logging`, after the line was written, makes it report again.

        Args:
            how: how it ended, such as "was halted".
            left: what is left, with numbers and names.
        """
        parts = tuple(left)
        if not self._has_told:
            log_left(self.name, how, parts)
            self._has_told = bool(parts)  # no call comes between the two
        self.closed()

    def is_to_end(self) -> bool:
        """Whether it was started, and neither closed nor reported."""
        return self in _started and not self._has_told


class ReportsOfThisThread(threading.local):
    """Whether objects that the thread starts are left out of the reports."""

    reports_nothing = False


_this_thread: Final = ReportsOfThisThread()


def report_nothing_of_this_thread() -> None:
    """Report nothing of the objects that the calling thread starts from now on.

    For threads that a test ends wherever they are, see `ringbuffer.testing`.
    """
    _this_thread.reports_nothing = True


#: The objects that were started and not closed, in order. Storing and removing one are atomic.
_started: Final[dict[AtExit, None]] = {}


def forget_all() -> None:
    """Forget what was started: in a child after a fork, these are the parent's objects."""
    _started.clear()


def end_of_program() -> None:
    """Drain the objects that ask for it, and report the rest; the last started comes first.

    An interrupt ends the drain in progress, and the program. No object is drained after it, but all
    are reported.

    Terminates because it iterates over a copy, and each drain has a time limit.
    """
    interrupt: BaseException | None = None
    for thing in filter(AtExit.is_to_end, reversed(tuple(_started))):
        try:
            if thing.seconds is not None and interrupt is None:
                thing.drain(thing.seconds)
        except Exception:  # the other objects must still be handled
            logger.exception("%r was started and never closed, and cannot be ended", thing.name)
        except BaseException as raised:
            interrupt = raised
        try:
            # A drain that has ended has reported what is left. A drain that was cut short has not,
            # nor has one that another thread is running.
            if thing.is_to_end():
                _tell(thing)
        except Exception:  # also if a filter turns the warning into an error
            logger.exception("%r was started and never closed", thing.name)
        thing.closed()
    if interrupt is not None:
        raise interrupt


def _tell(thing: AtExit) -> None:
    left = "; ".join(thing.left())
    if left:
        logger.warning("%r was started and never closed; left unhandled: %s", thing.name, left)
    else:
        logger.info("%r was started and never closed; everything was handled", thing.name)
    message = (
        f"{thing.name!r} was started and never closed; left unhandled: {left or 'nothing'}. "
        f"Close it, use it in a `with` block, or make it with drain_at_exit="
    )
    warnings.warn(message, ResourceWarning, stacklevel=1)


atexit.register(end_of_program)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_all)
