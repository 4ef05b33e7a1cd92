"""`AsyncEventProcessor`: every event, in order, to a handler of coroutine functions."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Final

from ringbuffer.barrier import BarrierView
from ringbuffer.own_loop import new_event_loop
from ringbuffer.processors.batch import BatchEventProcessor
from ringbuffer.readers import AsyncBarrierWait


class AsyncEventProcessor[E](BatchEventProcessor[E]):
    """A `BatchEventProcessor` whose thread runs its own event loop and awaits the handler.

    The handler's methods may be coroutine functions or plain functions. The processor handles
    events in order, one after the other: it takes the next event when the coroutine of the one
    before has ended. Tasks that the handler starts run while it handles other events and while the
    processor waits. When the run ends, the processor cancels the tasks that are left. The loop
    belongs to this processor alone, so nothing in it delays another loop.

    The arguments are those of `BatchEventProcessor`.
    """

    AWAITS: ClassVar = True

    #: For the run that begins: the thread that waits at the barrier, and the loop.
    _prepared: tuple[AsyncBarrierWait, asyncio.AbstractEventLoop] | None = None

    def _prepare(self) -> None:
        """Make the loop and the thread that waits for it, in the thread that starts the run.

        That thread gets the error if the system lacks a thread or a file.
        """
        wait = AsyncBarrierWait(self._barrier, self._ring.host, f"{self._name} waits")
        try:
            wait.start()
            self._prepared = wait, new_event_loop()
        except BaseException:
            wait.close()
            wait.join()
            raise

    def _discard(self) -> None:
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            wait, loop = prepared
            loop.close()
            wait.close()
            wait.join()

    def _process(self) -> None:
        prepared, self._prepared = self._prepared, None
        assert prepared is not None, "by `_prepare`"
        wait, loop = prepared
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.get_loop()
                asyncio.set_event_loop(loop)
                hooks = self._hooks.wrapped(lambda method: _awaited(method, loop))
                self._consume(hooks, _LoopWait(self._barrier.view(), wait, loop))
        finally:
            try:
                asyncio.set_event_loop(None)
                wait.close()
            except BaseException:  # an interrupt: the thread that waits must end anyway
                wait.close()
                raise
            finally:
                wait.join()


class _LoopWait:
    """Waits at a barrier while the loop runs. Owning thread only."""

    def __init__(
        self, view: BarrierView, wait: AsyncBarrierWait, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._view: Final = view
        self._wait: Final = wait
        self._loop: Final = loop

    def wait_for(self, sequence: int) -> int:
        """See `BarrierView.wait_for`; uses the thread only if no event is available."""
        self._view.check_alert()
        available = self._view.available()
        # Terminates because an event becomes available or the barrier is alerted. An iteration that
        # ends without either means that a task of the handler's has cancelled the wait.
        while available < sequence:
            try:
                return self._loop.run_until_complete(self._wait.wait_for(sequence))
            except asyncio.CancelledError:
                self._view.check_alert()
                available = self._view.available()
        return available


def _awaited(
    method: Callable[..., object], loop: asyncio.AbstractEventLoop
) -> Callable[..., object]:
    """Wrap `method`: if it returns a coroutine, the wrapper runs that to its end."""

    def call(*arguments: object) -> object:
        result = method(*arguments)
        waiting = None
        try:
            if not inspect.isawaitable(result):
                return result
            waiting = _wait(result)
            return loop.run_until_complete(waiting)
        except asyncio.CancelledError as error:
            # A task that an earlier event has left cancelled it before its first step.
            raise RuntimeError("a task of the handler's has cancelled the handler") from error
        except BaseException:
            # An interrupt may come before the first step. Closing the coroutine avoids Python's
            # warning that it was never awaited.
            _close_unstarted(waiting)
            _close_unstarted(result)
            raise

    return call


def _close_unstarted(result: object) -> None:
    if inspect.iscoroutine(result) and inspect.getcoroutinestate(result) == inspect.CORO_CREATED:
        result.close()


async def _wait(awaitable: Any) -> object:
    try:
        return await awaitable
    except asyncio.CancelledError as error:
        # The processor never cancels the handler's own coroutine. So something that the handler
        # awaited was cancelled, which is an error like any other.
        raise RuntimeError("what the handler awaited was cancelled") from error
