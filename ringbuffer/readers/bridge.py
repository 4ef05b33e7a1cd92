"""`Bridge`: lets an event loop wait at a barrier.

A barrier blocks the thread that waits at it, and an event loop must not be blocked. So a thread of the bridge's own waits
there, one wait at a time, and tells the loop.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.errors import AlertError
from ringbuffer.host import Host, Thread

type Outcome = int | BaseException


class Bridge:
    """Waits at a barrier on behalf of one coroutine at a time. `wait_for` from one loop; `close` from any thread.

    Who wakes whom: the bridge's thread waits on a condition until it is asked (notified by `wait_for`) or closed
    (notified by `close`), and at the barrier until the sequence is available or the barrier is alerted. The coroutine waits on
    a future that the loop sets when the thread tells it to.

    Args:
        barrier: what to wait at.
        host: what provides the thread and the condition.
        name: of the thread.
    """

    def __init__(self, barrier: SequenceBarrier, host: Host, name: str) -> None:
        self._barrier: Final = barrier
        self._host: Final = host
        self._name: Final = name
        self._condition: Final = host.condition()
        self._asked: tuple[int, Callable[[Outcome], None]] | None = None
        self._closed = False
        self._thread: Thread | None = None

    async def wait_for(self, sequence: int) -> int:
        """As `BarrierView.wait_for`, without blocking the loop. May be cancelled.

        Raises:
            AlertError: the barrier was alerted, or the bridge is closed.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if future.done():
                return  # cancelled meanwhile
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        def tell(outcome: Outcome) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, outcome)

        with self._condition:
            if self._closed:
                raise AlertError("the bridge is closed")
            self._asked = (sequence, tell)
            if self._thread is None:
                self._thread = self._host.start_thread(self._run, self._name)
            self._condition.notify_all()
        return await future

    def close(self) -> None:
        """End the thread, and the wait in progress with an `AlertError`. The barrier stays alerted."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self._barrier.alert()

    def join(self) -> None:
        """Wait until the thread has ended, after `close`."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        """Take what is asked for, wait, tell. Ends when closed."""
        view = self._barrier.view()
        while True:
            with self._condition:
                while self._asked is None and not self._closed:
                    self._condition.wait()
                if self._asked is None:
                    return
                sequence, tell = self._asked
                self._asked = None
            outcome: Outcome
            try:
                outcome = view.wait_for(sequence)
            except BaseException as error:
                outcome = error
            tell(outcome)
