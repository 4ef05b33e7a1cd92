"""`AsyncBarrierWait`: lets a coroutine wait at a barrier, over a `BlockingBridge`."""

from typing import Final

from ringbuffer.barrier import BarrierView, SequenceBarrier
from ringbuffer.blocking_bridge import BlockingBridge
from ringbuffer.errors import AlertError
from ringbuffer.host import Host


class AsyncBarrierWait:
    """Waits at a barrier for one coroutine at a time.

    `wait_for` is for one event loop; any thread may call `close`.

    The thread of the bridge waits at the barrier until the sequence is available or the barrier is
    alerted, which `close` does.

    Args:
        barrier: what to wait at.
        host: what provides the thread and the condition.
        name: of the thread.
    """

    def __init__(self, barrier: SequenceBarrier, host: Host, name: str) -> None:
        self._barrier: Final = barrier
        self._bridge: Final = BlockingBridge(host, name)
        #: The bridge's thread makes it and uses it.
        self._view: BarrierView | None = None
        self.start: Final = self._bridge.start
        self.join: Final = self._bridge.join

    async def wait_for(self, sequence: int) -> int:
        """As `BarrierView.wait_for`, without blocking the loop. May be cancelled.

        Raises:
            AlertError: the barrier was alerted, or the wait is closed.
            RuntimeError, MemoryError: the system has no thread left for the wait.
        """
        if self._bridge.is_closed:
            raise AlertError("the wait at the barrier is closed")

        def wait() -> int:
            view = self._view
            if view is None:
                view = self._view = self._barrier.view()
            return view.wait_for(sequence)

        return await self._bridge.call(wait)

    def close(self) -> None:
        """End the thread, and the wait in progress with an `AlertError`.

        The barrier stays alerted.
        """
        self._bridge.close()
        self._barrier.alert()
