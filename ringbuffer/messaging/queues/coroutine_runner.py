"""`CoroutineRunner`: the event loop in which a consumer awaits a coroutine function."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final

from ringbuffer.blocking_bridge import BlockingBridge
from ringbuffer.host import Host
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.queues.source import MessageReceiver
from ringbuffer.own_loop import new_event_loop

#: How many messages a coroutine function may handle before the other tasks of its loop run.
MESSAGES_PER_TURN: Final = 16


class CoroutineRunner:
    """Awaits a coroutine function with each message, in a loop that also runs between messages.

    The thread that adds the consumer calls `start`. The consumer's own thread calls `run`. Any
    thread may read `task`.

    Args:
        handler: the coroutine function.
        name: the name of the consumer.
        host: the source of threads.

    Attributes:
        task: the task in which the handler is awaited; None before the first one.
    """

    def __init__(self, handler: Callable[..., object], name: str, host: Host) -> None:
        self.task: asyncio.Task[Any] | None = None
        self._handler: Final[Any] = handler
        self._name: Final = name
        self._host: Final = host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bridge: BlockingBridge | None = None
        #: Whether the loop ends. Then it cancels the tasks that are left in it.
        self._is_ending = False

    def start(self) -> None:
        """Make the loop, and the thread that waits for messages in its place.

        Raises:
            OSError: no file descriptor is left for the loop. Call `close`.
            RuntimeError, MemoryError: no thread is left. Call `close`.
        """
        self._loop = new_event_loop()
        self._bridge = BlockingBridge(self._host, f"{self._name} waits")
        self._bridge.start()

    def close(self) -> None:
        """Undo `start`, or the part of it that was done. `run` was not called."""
        if self._bridge is not None:
            self._bridge.close()
        if self._loop is not None:
            self._loop.close()

    def run[M](self, receiver: MessageReceiver[M], fail: Callable[[M], None]) -> None:
        """Handle messages until the consumer is to stop. `start` has returned.

        Calls `fail` with each message on which the handler raised.
        """
        loop, bridge = self._loop, self._bridge
        assert loop is not None
        assert bridge is not None
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.get_loop()
                # Terminates because a task returns False when the consumer is to stop; each of the
                # other tasks has handled a message.
                for _ in iter(lambda: self._run_task(receiver, fail, loop, bridge), False):
                    pass
        finally:
            self._is_ending = True
            bridge.close()

    def _run_task[M](
        self,
        receiver: MessageReceiver[M],
        fail: Callable[[M], None],
        loop: asyncio.AbstractEventLoop,
        bridge: BlockingBridge,
    ) -> bool:
        """Handle messages in a new context. Returns whether there may be more."""
        context = Context()
        task = loop.create_task(
            self._await_each(receiver, fail, bridge, context), name=self._name, context=context
        )
        try:
            # Terminates because each iteration but the last is one task of the handler that has
            # raised an exception which ends a program.
            while True:
                try:
                    return loop.run_until_complete(task)
                except (SystemExit, KeyboardInterrupt) as error:
                    if task.done():
                        raise
                    text = "a task in the loop of %r raised %r; the loop goes on"
                    logger.critical(text, self._name, error, exc_info=True)
        except asyncio.CancelledError:
            # A task that an earlier message left behind has cancelled it before its first step.
            return True
        except BaseException:
            self._is_ending = True  # tasks that are cancelled from here on must end
            raise

    async def _await_each[M](
        self,
        receiver: MessageReceiver[M],
        fail: Callable[[M], None],
        bridge: BlockingBridge,
        context: Context,
    ) -> bool:
        """Handle messages until the consumer is to stop, or the handler has changed the context.

        Returns False if the consumer is to stop, True after a change of the context.
        """
        receive_now, receive = receiver.receive_now, receiver.receive
        handler = self._handler
        pristine = context.copy()
        turns = 0
        self.task = asyncio.current_task()
        while True:
            envelope = receive_now()
            if envelope is None:
                envelope = await bridge.call(receive, self._outlives_cancellation)
                if envelope is None:
                    return False
            try:
                await handler(envelope)
            except BaseException:
                fail(envelope)
            self._outlives_cancellation()
            envelope = None
            if context != pristine:
                return True
            turns += 1
            if turns % MESSAGES_PER_TURN == 0:
                await asyncio.sleep(0)

    def _outlives_cancellation(self) -> bool:
        """Take back a cancellation of the task, unless the loop ends. Returns whether it did.

        Only the handler can have cancelled the task: nothing else cancels it before the loop ends.
        """
        task = self.task
        if task is None or self._is_ending:
            return False
        # Terminates because each iteration takes back one cancellation.
        while task.cancelling():
            task.uncancel()
        return True
