"""`AsyncEventProcessor`: every event, in order, to a handler of coroutine functions."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Final

from ringbuffer.barrier import BarrierView
from ringbuffer.processors.batch import BatchEventProcessor
from ringbuffer.readers import Bridge


class AsyncEventProcessor[E](BatchEventProcessor[E]):
    """A `BatchEventProcessor` whose thread runs an event loop of its own, and awaits what the handler returns.

    The handler's methods may be coroutine functions or plain ones. Events are handled one after the other, in order: the next
    one when the coroutine of the one before has ended. Tasks that the handler starts run on while it handles other events
    and while the processor waits; those that are left when the run ends are cancelled. The loop is the processor's alone,
    so nothing in it can hold up another loop.

    The arguments are those of `BatchEventProcessor`.
    """

    AWAITS: ClassVar = True

    def _process(self) -> None:
        bridge = Bridge(self._barrier, self._ring.host, f"{self._name} waits")
        try:
            with asyncio.Runner() as runner:
                loop = runner.get_loop()
                hooks = self._hooks.wrapped(lambda method: _awaited(method, loop))
                self._consume(hooks, _LoopWait(self._barrier.view(), bridge, loop))
        finally:
            bridge.close()
            bridge.join()


class _LoopWait:
    """Waits at a barrier while the loop runs. Owning thread only."""

    def __init__(self, view: BarrierView, bridge: Bridge, loop: asyncio.AbstractEventLoop) -> None:
        self._view: Final = view
        self._bridge: Final = bridge
        self._loop: Final = loop

    def wait_for(self, sequence: int) -> int:
        """See `BarrierView.wait_for`; goes through the bridge only when there is nothing to do."""
        self._view.check_alert()
        available = self._view.available()
        return available if available >= sequence else self._loop.run_until_complete(self._bridge.wait_for(sequence))


def _awaited(method: Callable[..., object], loop: asyncio.AbstractEventLoop) -> Callable[..., object]:
    """`method`, its coroutine run to its end where it returns one."""

    def call(*arguments: object) -> object:
        result = method(*arguments)
        return loop.run_until_complete(_wait(result)) if inspect.isawaitable(result) else result

    return call


async def _wait(awaitable: Any) -> object:
    try:
        return await awaitable
    except asyncio.CancelledError as error:
        # Nobody cancels the handler's own coroutine: something that it awaited was cancelled, which is an error like others.
        raise RuntimeError("what the handler awaited was cancelled") from error
