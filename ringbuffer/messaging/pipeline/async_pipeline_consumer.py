"""`AsyncPipelineConsumer`: a pipeline around a coroutine function that does not belong to a bus."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, Final, Self

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace, drains
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, RetryLater, ScheduleRedelivery
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.pipeline.pipeline import Pipeline
from ringbuffer.messaging.pipeline.pipeline_consumer import RetryingConsumer


class LoopRedelivery:
    """Returns deliveries to the loop that first handled their message. Any thread.

    It is a `ScheduleRedelivery`.

    Attributes:
        loop: that loop. The delivery contains it, so no interrupt can separate the two.
    """

    __slots__ = ("_put", "loop")

    def __init__(self, put: ScheduleRedelivery, loop: asyncio.AbstractEventLoop) -> None:
        self._put: Final = put
        self.loop: Final = loop

    def __call__(self, delivery: Delivery, delay: float) -> None:
        """See `ScheduleRedelivery`."""
        self._put(delivery, delay)


class AsyncPipelineConsumer(RetryingConsumer):
    """A `PipelineConsumer` around a coroutine function: await it with a message.

    A retry runs in the loop that first handled the message. It has its own task, so it may run
    beside the handler of other messages. If that loop has ended, the message becomes a dead letter.

    In the loop's own thread, use it in an `async with` block: its end waits and does not block the
    loop. There a plain `with` block does not wait.

    The arguments are those of `PipelineConsumer`.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        handler: Callable[[Any], Awaitable[object]],
        *,
        name: str | None = None,
        grace: Grace | Duration | None = USUAL_GRACE,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._call: Final = pipeline.around_async(handler)
        super().__init__(pipeline, handler, name, grace, host)
        #: The tasks of retried deliveries; a loop itself keeps only weak references to its tasks.
        self._tasks: Final[set[asyncio.Task[object]]] = set()
        #: Deliveries that were returned to a loop and whose attempt has not ended. A loop that ends
        #: may still accept a callback, or create a task, and never run it. The code that removes a
        #: delivery decides what happens to it. The numbers distinguish attempts: the next attempt
        #: of the same delivery may be added before this one is removed.
        self._given_back: Final[dict[int, tuple[asyncio.AbstractEventLoop, Delivery]]] = {}
        self._numbers: Final = itertools.count()

    async def __call__(self, message: object) -> object:
        """Handle a message, see `PipelineConsumer.__call__`."""
        schedule_redelivery = LoopRedelivery(self._schedule_redelivery, asyncio.get_running_loop())
        return await self._handle(self._delivery(message, schedule_redelivery))

    async def _handle(self, delivery: Delivery) -> object:
        try:
            return await self._call(delivery)
        except RetryLater as later:
            self._redeliver_later(delivery, later)
        except Exception:
            if not delivery.is_dead:
                raise
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """End as a plain block does, but do not block the loop.

        A second cancellation of the task ends the wait. After that, no message is retried.
        """
        try:
            await self._wait_in_loop(error)
            self._close_and_log(None)
        except BaseException:
            self._close_and_log(0.0)
            raise

    async def _wait_in_loop(self, error: BaseException | None) -> None:
        """Wait as the end of a block does.

        Terminates because the retries end, or the grace period does.
        """
        try:
            if drains(error):
                async with asyncio.timeout(self._grace.after(error)):
                    while True:  # the test stands in the body: see `ringbuffer.system`
                        if not self._is_busy():
                            break
                        await asyncio.sleep(Backoff.LONGEST_PARK)
        except TimeoutError:
            pass

    def _is_busy(self) -> bool:
        """Whether a message waits for its retry, or is retried in a loop that can still run."""
        return super()._is_busy() or any(
            not loop.is_closed() for loop, _ in tuple(self._given_back.values())
        )

    def _again(self, delivery: Delivery) -> None:
        assert isinstance(delivery.schedule_redelivery, LoopRedelivery), (
            "made by a call of this consumer"
        )
        loop, number = delivery.schedule_redelivery.loop, next(self._numbers)

        def create() -> None:
            task = loop.create_task(self._try_again(delivery, number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: self._abandon_unsaid(number))

        self._given_back[number] = loop, delivery
        try:
            loop.call_soon_threadsafe(create)
        except RuntimeError:  # the loop is closed
            self._bury_stranded()

    def _abandon_unsaid(self, number: int) -> None:
        """Abandon the delivery of a task that has ended, unless the task has decided about it.

        A task that was cancelled before its first step could not decide.
        """
        given_back = self._given_back.pop(number, None)
        if given_back is not None:
            self._abandon(given_back[1])

    def _stranded(self) -> int:
        return sum(loop.is_closed() for loop, _ in tuple(self._given_back.values()))

    def _bury_stranded(self) -> int:
        """Abandon the deliveries of closed loops, where their attempts can never end."""
        stranded = [
            number for number, (loop, _) in tuple(self._given_back.items()) if loop.is_closed()
        ]
        taken = [
            each for number in stranded if (each := self._given_back.pop(number, None)) is not None
        ]
        for task in [task for task in tuple(self._tasks) if task.get_loop().is_closed()]:
            self._tasks.discard(task)
            self._end(task)
        for _, delivery in taken:
            self._abandon(delivery)
        return len(taken)

    def _end(self, task: asyncio.Task[object]) -> None:
        """Close the coroutine of a task that will never continue, in the task's own context.

        A loop that ends cancels its existing tasks and runs until those have ended. Meanwhile it
        accepts callbacks. A task that such a callback creates is not cancelled, and it is still
        pending when the loop is closed. Closing the coroutine ends its stages and its handler, and
        the caller accounts for the delivery. Only the loop can end the task itself. Therefore the
        task must not log that it was destroyed while pending; asyncio sets the same flag for tasks
        that it has finished itself.
        """
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        coroutine = task.get_coro()
        assert coroutine is not None, "only a task that began eagerly and has ended lacks one"
        try:
            task.get_context().run(coroutine.close)
        except Exception:
            logger.exception("handler %r failed after its loop had ended", self._name)

    async def _try_again(self, delivery: Delivery, number: int) -> object:
        """Make one more attempt, in a task that no other task awaits."""
        delivery.begin_attempt()
        try:
            result = await self._handle(delivery)
        except asyncio.CancelledError:  # the loop ends
            self._given_back.pop(number, None)
            self._abandon(delivery)
            raise
        except Exception:
            text = "handler %r failed on %r, and there is no dead-letter queue to keep it"
            logger.exception(text, self._name, delivery.message)
            result = None
        self._given_back.pop(number, None)
        return result
