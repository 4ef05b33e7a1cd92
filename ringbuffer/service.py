"""`ServiceThread`: a thread of the library's own, on which other threads rely.

An exception of a user's callback must not end it: other threads would wait forever, and no message
would say why. So the work of such a thread catches what callbacks raise. An exception that comes
through anyway is logged as critical, and the work continues. If the thread still ends, the next
caller that needs it starts another.
"""

import contextlib
import logging
from collections.abc import Callable
from typing import Final

from ringbuffer.forks import Noted, made_here
from ringbuffer.host import Event, Host, Thread

logger: Final = logging.getLogger("ringbuffer.service")

#: How long the thread rests before it continues after a failure, in seconds. It doubles up to
#: `LONGEST_REST`.
FIRST_REST: Final = 1e-3
LONGEST_REST: Final = 1.0


class ServiceThread(Noted):
    """A thread that repeats some work. It starts when it is first needed. Any thread.

    In a child that `os.fork` makes, it starts no thread. If a callback of the work forks, and
    returns in the child, the work ends there.

    Args:
        work: what it does. It returns when it is asked to end, which ends the thread. If it raises,
            the exception is logged, and it is called again after a rest.
        host: what provides the thread, the lock and the rests.
        name: of the thread.

    Attributes:
        failures: how often the work has failed and was started again.
    """

    __slots__ = ("_host", "_lock", "_name", "_over", "_thread", "_work", "failures")

    def __init__(self, work: Callable[[], object], *, host: Host, name: str) -> None:
        self._work: Final = work
        self._host: Final = host
        self._name: Final = name
        #: Held while the thread is started; the thread takes the lock before it does anything.
        self._lock: Final = host.lock()
        #: Set at the end of the thread that was started last; None before the first start.
        self._over: Event | None = None
        self._thread: Thread | None = None
        self.failures = 0
        made_here(self)

    @property
    def is_alive(self) -> bool:
        """Whether the thread was started and has not ended."""
        over = self._over
        return over is not None and not over.wait(0)

    def is_current(self) -> bool:
        """Whether the caller runs in this thread."""
        return self._thread is not None and self._thread is self._host.current_thread()

    def ensure(self) -> None:
        """Start the thread, unless it is alive.

        Raises:
            RuntimeError, MemoryError: the system has no thread left. Nothing was done.
            ForkedProcessError: another process made this object.
        """
        with self._lock:
            if self._over is not None and not self._over.wait(0):
                return
            over = self._over = self._host.event()
            try:
                self._thread = self._host.start_thread(lambda: self._run(over), self._name)
            except BaseException:
                # An interrupt may come when the thread exists already. The thread then finds
                # another event in `_over`, and ends.
                self._over = None
                raise

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended, at most `timeout` seconds; returns whether it has.

        If the thread itself calls it, returns False immediately: it cannot wait for its own end.
        """
        with self._lock:
            over, thread = self._over, self._thread
        if over is None or thread is None:
            return True
        if thread is self._host.current_thread() or not over.wait(timeout):
            return False
        thread.join()  # the thread does nothing more before it ends
        return True

    def _run(self, over: Event) -> None:
        with self._lock:
            if self._over is not over:
                return
        rest = FIRST_REST
        try:
            # Terminates because the work returns when it is asked to end.
            while True:
                try:
                    self._work()
                    return
                except BaseException:
                    if self._left_behind_by is not None:
                        return
                    self.failures += 1
                    # A user's log handler may raise
                    with contextlib.suppress(BaseException):
                        logger.critical("thread %r failed, and goes on", self._name, exc_info=True)
                self._host.sleep(rest)
                rest = min(2 * rest, LONGEST_REST)
        finally:
            over.set()
