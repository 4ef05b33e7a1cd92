"""`Closing`: closes something once, by one thread at a time.

After an interrupt, another thread, or the next call, continues the closing.
"""

from collections.abc import Callable
from typing import Final, NoReturn

from ringbuffer.errors import DeadlockError
from ringbuffer.host import Event, Host

#: Methods that hold no lock that a close in a signal handler needs while they call other methods.
QUEUE_PASSES: Final = frozenset(
    f"{name}.{method}"
    for name in ("RingBufferQueue", "ChannelQueue", "ConsumedQueue")
    for method in ("enqueue_sync", "enqueue_many", "close")
) | {"ChannelQueue._put_chunk"}


def hand_over(host: Host, name: str, close: Callable[[], object]) -> NoReturn:
    """Close in a new thread: the calling thread is inside a call that the close would wait for.

    Args:
        host: starts the thread.
        name: the name of the object that is closed.
        close: the function that closes.

    Raises:
        DeadlockError: always: a signal handler has interrupted a call of its own thread. The close
            continues in another thread.
    """

    def run() -> None:
        close()

    host.start_thread(run, f"{name} closes")
    raise DeadlockError(
        f"a signal handler closes {name!r} in the middle of a call of its own thread, "
        f"and cannot wait for that call. "
        f"Another thread closes it: after the call has ended, call close() again, "
        f"which waits for the end and returns the report. "
        f"Better, let the handler raise, and close where the exception is caught"
    )


class Closing[R]:
    """One closing, and its report. Any thread.

    The first thread that calls `run` closes. The other threads wait for it, and get its report. If
    an interrupt such as Ctrl-C ends the closing early, one of the waiting threads continues it. If
    no thread waits, the next call continues it.

    Args:
        host: the source of the lock, the events and the clock.

    Attributes:
        report: the report of the closing; None until it is done.
    """

    def __init__(self, host: Host) -> None:
        self.report: R | None = None
        self._host: Final = host
        self._lock: Final = host.lock()
        #: Set when the closing thread is done, or has given up; None while no thread closes.
        self._closer: Event | None = None
        #: The thread that closes now, or closed last.
        self._thread: int | None = None

    def is_current(self) -> bool:
        """Whether the calling thread closes now: in a signal handler, it must not wait for that."""
        return self._closer is not None and self._thread == self._host.thread_id()

    def run(self, close: Callable[[], R], deadline: float | None, waits: bool = True) -> R | None:
        """Close, or wait for the thread that does.

        Args:
            close: the function that closes. It may be called again after it has raised; then it
                continues.
            deadline: the end of the wait for another thread, on the host's clock.
            waits: whether to wait for another thread at all.

        Returns:
            The report; None if another thread closes, and was not done in time.
        """
        own, thread = self._host.event(), self._host.thread_id()
        try:
            # Terminates because each iteration but the last waits until another thread is done or
            # gives up. A thread that finds no report and no closing thread closes.
            while True:
                with self._lock:
                    other = self._closer
                    if other is None and self.report is None:
                        self._closer, self._thread = own, thread
                if self.report is not None:
                    return self.report
                if other is None:
                    self.report = close()
                    return self.report
                left = None if deadline is None else max(0.0, deadline - self._host.monotonic())
                if not waits or not other.wait(left):
                    return None
                other = None  # see `ringbuffer.system`: a statement after the test
        finally:
            # There is no call before the store, and setting the event twice is harmless.
            if self._closer is own:
                self._closer = None
                try:
                    own.set()
                except BaseException:
                    own.set()
                    raise
