"""`LoopThread`: the event loop that runs the coroutine functions of a bus, and its thread."""

import asyncio
import contextlib
from collections.abc import Callable
from contextvars import Context
from typing import Final

from ringbuffer.errors import ForkedProcessError
from ringbuffer.host import Host
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.own_loop import new_event_loop
from ringbuffer.service import ServiceThread


class LoopThread:
    """A thread with an event loop, which starts when it is first needed. Any thread.

    A `SystemExit` or `KeyboardInterrupt` that a task raises leaves the loop. It is logged here, and
    the loop continues with the tasks of the other handlers.

    Args:
        host: what provides the thread.
        name: the name of the thread.

    Attributes:
        thread_id: the identifier of the thread; None before it runs.
        is_closing: whether `close` was called.
    """

    def __init__(self, host: Host, name: str) -> None:
        self.thread_id: int | None = None
        self._host: Final = host
        self._lock: Final = host.lock()
        self._name: Final = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_closing = False
        self._thread: Final = ServiceThread(self._run, host=host, name=name)

    def start(self) -> asyncio.AbstractEventLoop:
        """Start the loop if it does not run, and return it.

        The caller makes it, and so gets the error if that fails.

        Raises:
            OSError: no file descriptor is left for the loop. Nothing was done.
            RuntimeError, MemoryError: no thread can be started, or it was closed. Nothing was done.
        """
        with self._lock:
            if self.is_closing:
                raise RuntimeError(f"{self._name!r} is closed")
            loop = self._loop
            if loop is None or loop.is_closed():
                loop = self._loop = new_event_loop()
                try:
                    self._thread.ensure()
                except BaseException:
                    # An interrupt may come when the thread already runs the loop
                    if not self._thread.is_alive:
                        self._loop = None
                        loop.close()
                    raise
            else:
                self._thread.ensure()
            return loop

    def is_current(self) -> bool:
        """Whether the caller runs in it."""
        return self._thread.is_current()

    def call(self, function: Callable[[], object]) -> None:
        """Have the loop call `function`, in a new context.

        Does nothing if there is no loop, or if it has ended.
        """
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(function, context=Context())

    def close(self, timeout: float | None = None) -> bool:
        """End the loop, and cancel the tasks that are left.

        Returns whether the thread has ended.
        """
        with self._lock:
            self.is_closing = True
            loop = self._loop
        if loop is None:
            return True
        self.call(loop.stop)
        return self._thread.join(timeout)

    def _run(self) -> None:
        """Run the loop, then close it. In its own thread."""
        made = self._loop
        if made is None or made.is_closed():
            return
        self.thread_id = self._host.thread_id()
        with asyncio.Runner(loop_factory=lambda: made) as runner:
            loop = runner.get_loop()
            # Terminates because `close` says that it is closing before it stops the loop.
            while True:
                try:
                    loop.run_forever()
                except ForkedProcessError:
                    raise  # a handler has forked, and this is the child
                except BaseException:
                    text = "a task in %r raised what ends a program; the loop goes on"
                    logger.critical(text, self._name, exc_info=True)
                if self.is_closing:
                    return
