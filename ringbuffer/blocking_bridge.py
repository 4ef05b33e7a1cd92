"""`BlockingBridge`: lets an event loop wait for a call that blocks.

A call that blocks must not block an event loop. So a thread of the bridge makes the call, and
reports the outcome to the loop. Streams and coroutine handlers wait at barriers in this way,
consumers of queues for messages, and `aclose` for the end of a queue or a bus.
"""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ringbuffer.host import Host
from ringbuffer.service import ServiceThread

if TYPE_CHECKING:  # a program of threads alone does not load asyncio
    import asyncio

#: What the loop calls with the outcome: the result in a list, or an empty list and the error.
type Settle[T] = Callable[[list[T], BaseException | None], None]


class BlockingBridge:
    """Makes blocking calls for one coroutine, one at a time, in its own thread.

    `begin` and `call` belong to one loop; any thread may call `start`, `close` and `join`.

    What ends each wait. The thread sleeps on a condition until there is a call (notified by `begin`
    and `call`) or the bridge is closed (notified by `close`). The coroutine waits on a future; the
    loop sets it when the thread reports the outcome.

    Args:
        host: what provides the thread and the condition.
        name: of the thread, which starts at the first call, or by `start`.

    Attributes:
        is_closed: whether `close` was called.
    """

    def __init__(self, host: Host, name: str) -> None:
        self._condition: Final = host.condition()
        self._asked: Callable[[], None] | None = None
        self.is_closed = False
        self._thread: Final = ServiceThread(self._run, host=host, name=name)

    def start(self) -> None:
        """Start the thread now.

        Raises:
            RuntimeError, MemoryError: the system has no thread left. Nothing was done.
        """
        self._thread.ensure()

    def begin[T](self, function: Callable[[], T]) -> "asyncio.Future[T]":
        """Begin a call of `function`; returns a future of what it returns or raises.

        It is a plain future: the end of a loop, which cancels all tasks, does not cancel it.

        Raises:
            RuntimeError, MemoryError: the system has no thread left. Nothing was called.
            ForkedProcessError: another process made this object. Nothing was called.
        """
        import asyncio

        self._thread.ensure()  # first, as in `call`
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: list[T], error: BaseException | None) -> None:
            if future.done():
                return  # cancelled meanwhile
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result.pop())

        self._ask(loop, function, settle)
        return future

    async def call[T](
        self, function: Callable[[], T], outlives_cancellation: Callable[[], bool] = lambda: False
    ) -> T:
        """Returns what `function` returns, or raises what it raises.

        The bridge drops the result of a call whose caller was cancelled.

        Args:
            function: what blocks.
            outlives_cancellation: asked when the caller is cancelled; True makes it wait on.

        Raises:
            RuntimeError, MemoryError: the system has no thread left. Nothing was called.
            ForkedProcessError: another process made this object. Nothing was called.
        """
        import asyncio

        self._thread.ensure()  # first: in a child, where no loop runs, its error says why
        loop = asyncio.get_running_loop()
        # The thread may refer to this call until the next one: the result must not stay there.
        results: list[T] = []
        failures: list[BaseException] = []
        is_done = False
        done: asyncio.Future[None] = loop.create_future()

        def settle(result: list[T], error: BaseException | None) -> None:
            nonlocal is_done
            is_done = True
            if error is not None:
                failures.append(error)
            else:
                results.append(result.pop())
            if not done.done():  # or else it was cancelled meanwhile
                done.set_result(None)

        self._ask(loop, function, settle)
        # Terminates because the function returns. Each iteration but the last is a cancellation
        # that the caller outlives.
        while not is_done:
            try:
                await done
            except asyncio.CancelledError:
                if not outlives_cancellation():
                    raise
                if not is_done:
                    done = loop.create_future()
        if failures:
            raise failures.pop()
        return results.pop()

    def close(self) -> None:
        """End the thread after the call that was begun, if there is one."""
        with self._condition:
            self.is_closed = True
            self._condition.notify_all()

    def join(self) -> None:
        """Wait until the thread has ended, after `close`."""
        self._thread.join()

    def _ask[T](
        self, loop: "asyncio.AbstractEventLoop", function: Callable[[], T], settle: Settle[T]
    ) -> None:
        """Have the thread call `function`, and then the loop call `settle` with the outcome.

        The thread was started.
        """
        result: list[T] = []
        error: BaseException | None = None
        is_called = False

        def work() -> None:
            """Call and report. Repeated after an error of the report, it only reports."""
            nonlocal error, is_called
            if not is_called:
                try:
                    result.append(function())
                except BaseException as raised:
                    error = raised
                is_called = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: no coroutine waits
                loop.call_soon_threadsafe(settle, result, error)
            error = None  # its traceback refers to this function

        with self._condition:
            self._asked = work
            self._condition.notify_all()

    def _run(self) -> None:
        """Make each call. Ends when closed and no call is left."""
        while True:
            with self._condition:
                while True:  # see `ringbuffer.system` for why the condition does not stand here
                    if self._asked is not None or self.is_closed:
                        break
                    self._condition.wait()
                work, self._asked = self._asked, None
            if work is None:
                return
            try:
                work()
            except BaseException:
                # Such as a shortage of memory: the coroutine still waits, so the thread reports
                # again. It rests before that, see `ServiceThread`.
                with self._condition:
                    self._asked = self._asked or work
                raise
            work = None


def begin_call[T](host: Host, function: Callable[[], T], name: str) -> "asyncio.Future[T]":
    """Begin one call in its own thread, see `BlockingBridge.begin`.

    If the future is cancelled, the call continues in that thread.
    """
    bridge = BlockingBridge(host, name)
    try:
        return bridge.begin(function)
    finally:
        bridge.close()


async def outlast_cancellation[T](future: "asyncio.Future[T]", patience: float | None) -> T:
    """Wait for `future`, even if the waiting task is cancelled. The cancellation then continues.

    Args:
        future: a plain future, which is not cancelled with the task.
        patience: after a cancellation, the longest wait for the future, in seconds; None sets no
            limit.

    Raises:
        asyncio.CancelledError: the task was cancelled meanwhile.
        BaseException: what the future holds.

    Terminates because another thread settles the future, or the patience ends.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    cancelled: asyncio.CancelledError | None = None
    deadline: float | None = None
    while not future.done() and (deadline is None or loop.time() < deadline):
        try:
            await asyncio.wait(
                {future}, timeout=None if deadline is None else deadline - loop.time()
            )
        except asyncio.CancelledError as error:
            if cancelled is None and patience is not None:
                deadline = loop.time() + patience
            cancelled = error
    if cancelled is None:
        return future.result()
    if future.done() and not future.cancelled() and (failure := future.exception()) is not None:
        cancelled.add_note(f"meanwhile: {type(failure).__name__}: {failure}")
    raise cancelled
