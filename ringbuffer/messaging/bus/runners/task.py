"""`TaskRunner`: awaits a coroutine function with its events, in a task of the bus's loop."""

import asyncio
from contextvars import Context
from typing import Final, Protocol

from ringbuffer.host import Event, Host
from ringbuffer.messaging.bus.event_receiver import AsyncReceiver
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.runners.loop_thread import LoopThread
from ringbuffer.messaging.bus.subscription import Subscription, enter_handler
from ringbuffer.messaging.bus.transports.positions import Position


class Batches(Protocol):
    """The source of the events of a `TaskRunner`. In one loop."""

    @property
    def first_sequence(self) -> int:
        """The sequence of the first event of the batch."""
        ...

    def prepare(self) -> None:
        """Acquire what a wait needs, such as a thread; or raise."""
        ...

    async def __anext__(self) -> list[object]:
        """Wait for the next batch; the one before is finished. It may be cancelled.

        Raises:
            StopAsyncIteration: no more events will come.
        """
        ...

    async def aclose(self) -> None:
        """End; the last batch is finished."""
        ...

    def end(self) -> None:
        """End, when the last batch was not finished."""
        ...


class TaskRunner(HandlerRunner):
    """Passes events to a coroutine function, one at a time, in a task of the bus's loop.

    The task runs in its own context (`contextvars`), which begins empty: it does not inherit the
    context of the code that subscribed. When the handler has changed the context, a new task with a
    new context handles the rest of the events. So each event is handled in a fresh context, and a
    handler that sets no context variables never pays for a task.

    Args:
        subscription: the subscription of the handler.
        batches: the source of the events.
        position: how far the handler has come with them.
        loop: runs the task.
        host: what provides the event.
    """

    def __init__(
        self,
        subscription: Subscription,
        batches: Batches,
        position: Position,
        loop: LoopThread,
        host: Host,
    ) -> None:
        self._receiver: Final = AsyncReceiver(subscription, self._is_ending)
        super().__init__(subscription, self._receiver, position)
        self._batches: Final = batches
        self._loop: Final = loop
        self._ended: Final[Event] = host.event()
        self._task: asyncio.Task[None] | None = None
        # Only the loop's thread uses these three.
        self._is_waiting = False
        self._is_stopping = False
        #: Whether the last task has made its first step.
        self._has_begun = False

    @property
    def task(self) -> object:
        """See `HandlerRunner`."""
        return self._task

    @property
    def threads(self) -> tuple[int, ...]:
        """See `HandlerRunner`: the loop's."""
        number = self._loop.thread_id
        return () if number is None else (number,)

    def start(self) -> None:
        """See `HandlerRunner`."""
        self._batches.prepare()
        self._loop.start().call_soon_threadsafe(self._begin_or_die, context=Context())

    def stop(self) -> None:
        """See `HandlerRunner`. It wakes a task that waits; a current event is finished."""

        def stop() -> None:
            self._is_stopping = True
            self._receiver.skip_rest()
            if self._is_waiting and self._task is not None:
                self._task.cancel()

        self.position.stop()
        self._loop.call(stop)

    def abort(self) -> None:
        """See `HandlerRunner`."""

        def abort() -> None:
            self._is_stopping = True
            if self._task is not None:
                self._task.cancel()

        self._loop.call(abort)

    def join(self, timeout: float | None = None) -> bool:
        """See `HandlerRunner`. In the loop's own thread, which it would block, it returns False."""
        return False if self._loop.is_current() else self._ended.wait(timeout)

    # -- in the loop ------------------------------------------------------------------------------

    def _is_ending(self) -> bool:
        """Whether a cancellation of the task asks it to end.

        Any other cancellation is an error of the handler.
        """
        return self._is_stopping or self._loop.is_closing

    def _begin_or_die(self) -> None:
        """Make the first task. It must not raise.

        The loop would log the error, and the handler would seem to live.
        """
        try:
            self._begin()
        except BaseException as error:
            self._end(error)

    def _begin(self) -> None:
        """Make a task, in a new context."""
        context = Context()
        run = self._run(context)
        self._has_begun = False
        try:
            task = asyncio.get_running_loop().create_task(
                run, name=self._subscription.name, context=context
            )
            task.add_done_callback(self._is_done, context=Context())
        except BaseException:
            run.close()
            raise
        self._task = task

    def _is_done(self, task: asyncio.Task[None]) -> None:
        """End or replace a task that was cancelled before its first step."""
        if task is not self._task or self._has_begun:
            return
        if self._is_ending():
            self._batches.end()
            self._end(None)
        else:
            self._begin_or_die()

    async def _run(self, context: Context) -> None:
        self._has_begun = True
        failure: BaseException | None = None
        try:
            if not await self._pass_on(context):
                self._begin()
                return
        except BaseException as error:
            is_told = isinstance(error, asyncio.CancelledError) and self._is_ending()
            # A loop that ends throws `GeneratorExit` into tasks that it has left behind
            if not (is_told or isinstance(error, GeneratorExit)):
                failure = error
        try:
            if failure is None:
                await self._batches.aclose()
            else:
                self._batches.end()
        except BaseException as error:
            failure = failure or error
        finally:
            self._end(failure)

    async def _pass_on(self, context: Context) -> bool:
        """Pass on batch after batch.

        Returns False if the handler has changed the context, and another task must handle the rest.

        Terminates because `stop` is called, or because no more events can come.
        """
        enter_handler(self._subscription)
        pristine = context.copy()
        receiver, batches = self._receiver, self._batches
        while True:
            if not await receiver.handle(context, pristine):
                return False
            if self._is_stopping:
                return True
            self._is_waiting = True
            try:
                batch = await batches.__anext__()
            except StopAsyncIteration:
                return True
            except asyncio.CancelledError:
                if not receiver.outlives_cancellation():
                    raise
                continue
            finally:
                self._is_waiting = False
            receiver.take(batch, batches.first_sequence)

    def _end(self, failure: BaseException | None) -> None:
        """Note that the runner has ended: it was asked to, or it died of `failure`."""
        try:
            if failure is not None:
                self.die(failure)
        finally:
            self._ended.set()
