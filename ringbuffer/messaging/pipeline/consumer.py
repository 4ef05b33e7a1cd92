"""`PipelineConsumer`: a pipeline around a handler that is not a bus's: of a queue, of a ring, of anything that calls it."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self

from ringbuffer.errors import RingBufferError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import ComesBack, Delivery, Identity, RetryLater
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.pipeline.pipeline import Pipeline
from ringbuffer.messaging.pipeline.timer import Timer
from ringbuffer.processors.handlers import name_of


class ConsumerClosedError(RingBufferError):
    """A consumer was closed before a delivery came back to it."""


class _Consumer(ABC):
    """What consumers of both kinds have in common: deliveries that are put aside, and come back."""

    def __init__(self, pipeline: Pipeline, handler: Callable[..., object], name: str | None, host: Host) -> None:
        self._name: Final = name_of(handler).rpartition("<locals>.")[2] if name is None else name
        self._correlates: Final = pipeline.correlates
        self._dead_letters: Final = pipeline.dead_letters
        self._timer: Final[Timer[Delivery]] = Timer(self._again, host=host, name=f"{self._name} retries")

    @property
    def name(self) -> str:
        """The name of the handler, for letters, logs and metrics."""
        return self._name

    @property
    def returning(self) -> int:
        """How many messages were put aside, to be tried again."""
        return self._timer.pending

    def close(self, timeout: float | None = None) -> int:
        """Try nothing again any more; how many messages that concerns. They go to the dead letters, where there are some.

        Close first what calls the consumer.
        """
        left = self._timer.close()
        for delivery in left:
            self._abandon(delivery)
        self._timer.join(timeout)
        return len(left) + self._bury_stranded()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @abstractmethod
    def _again(self, delivery: Delivery) -> None:
        """A delivery is due, in the timer's thread."""

    def _bury_stranded(self) -> int:
        """Abandon deliveries that came back, and that nobody will handle; how many."""
        return 0

    def _delivery(self, message: object, comes_back: ComesBack) -> Delivery:
        knows = self._correlates or isinstance(message, TransportEnvelope)
        return Delivery(message, Identity.of(message) if knows else None, self._name, comes_back)

    def _put_aside(self, delivery: Delivery, later: RetryLater) -> None:
        delivery.error = later.__cause__
        if not self._timer.put(delivery, later.delay):
            self._abandon(delivery)

    def _comes_back(self, delivery: Delivery, delay: float) -> None:
        """See `ComesBack`."""
        if not self._timer.put(delivery, delay):
            raise ConsumerClosedError(f"{self._name!r} is closed: nothing comes back to it")

    def _abandon(self, delivery: Delivery) -> None:
        error = delivery.error or ConsumerClosedError(f"{self._name!r} was closed before the replay came to it")
        if self._dead_letters is not None:
            self._dead_letters.add(delivery, error)
        else:
            logger.error("%r does not come back to handler %r", delivery.message, self._name, exc_info=error)


class PipelineConsumer(_Consumer):
    """Call it with a message, from any thread: the message goes through the pipeline to the handler.

    A retry that has to wait is put aside, and comes back in the consumer's own thread for retries, so that nobody who consumes
    ever waits for one. There, one retry at a time is handled; a slow handler holds up the other retries, and nothing else.

    Args:
        pipeline: the stages.
        handler: a function of one message.
        name: of the handler, for letters, logs and metrics; the default is the function's.
        host: what provides the clock and the thread for retries.

    Raises:
        TypeError: the handler is no function of one message, or is a coroutine function.
    """

    def __init__(
        self, pipeline: Pipeline, handler: Callable[[Any], object], *, name: str | None = None, host: Host = SYSTEM_HOST
    ) -> None:
        self._call: Final = pipeline.around(handler)
        super().__init__(pipeline, handler, name, host)

    def __call__(self, message: object) -> object:
        """Handle a message: the handler's result; None if it failed and comes back, or went to the dead letters.

        Raises:
            BaseException: what the handler raised, if no stage keeps what has failed.
        """
        return self._handle(self._delivery(message, self._comes_back))

    def _handle(self, delivery: Delivery) -> object:
        try:
            return self._call(delivery)
        except RetryLater as later:
            self._put_aside(delivery, later)
        except Exception:
            if not delivery.is_dead:
                raise
        return None

    def _again(self, delivery: Delivery) -> None:
        delivery.attempt += delivery.error is not None
        self._handle(delivery)


class AsyncPipelineConsumer(_Consumer):
    """The same around a coroutine function: await it with a message.

    A retry comes back in the loop that the message was first handled in, as a task of its own, so it may run beside the handler
    of other messages. If that loop has ended, the message goes to the dead letters.

    The arguments are those of `PipelineConsumer`.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        handler: Callable[[Any], Awaitable[object]],
        *,
        name: str | None = None,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._call: Final = pipeline.around_async(handler)
        super().__init__(pipeline, handler, name, host)
        #: The loop of each delivery that was put aside; and the tasks of those that came back, of which a loop keeps no hold.
        self._loops: Final[dict[int, asyncio.AbstractEventLoop]] = {}
        self._tasks: Final[set[asyncio.Task[object]]] = set()
        #: Deliveries that were given back to a loop, until that attempt has ended: a loop that ends may still take a callback,
        #: or begin a task, and never come to it. Whoever takes a delivery out says what becomes of it. Numbered, since the next
        #: attempt of the same delivery may be given back before this one is taken out.
        self._given_back: Final[dict[int, tuple[asyncio.AbstractEventLoop, Delivery]]] = {}
        self._numbers: Final = itertools.count()

    async def __call__(self, message: object) -> object:
        """Handle a message, see `PipelineConsumer.__call__`."""
        loop = asyncio.get_running_loop()

        def comes_back(delivery: Delivery, delay: float) -> None:
            self._loops[id(delivery)] = loop
            try:
                self._comes_back(delivery, delay)
            except ConsumerClosedError:
                del self._loops[id(delivery)]
                raise

        return await self._handle(self._delivery(message, comes_back))

    async def _handle(self, delivery: Delivery) -> object:
        try:
            return await self._call(delivery)
        except RetryLater as later:
            self._loops[id(delivery)] = asyncio.get_running_loop()
            self._put_aside(delivery, later)
        except Exception:
            if not delivery.is_dead:
                raise
        return None

    def _again(self, delivery: Delivery) -> None:
        loop, number = self._loops.pop(id(delivery)), next(self._numbers)

        def create() -> None:
            task = loop.create_task(self._try_again(delivery, number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._given_back[number] = loop, delivery
        try:
            loop.call_soon_threadsafe(create)
        except RuntimeError:  # the loop is closed
            self._bury_stranded()

    def _bury_stranded(self) -> int:
        """In a loop that is closed nothing runs any more, so what was given back to it and has not ended never will."""
        stranded = [number for number, (loop, _) in tuple(self._given_back.items()) if loop.is_closed()]
        taken = [each for number in stranded if (each := self._given_back.pop(number, None)) is not None]
        for task in [task for task in tuple(self._tasks) if task.get_loop().is_closed()]:
            self._tasks.discard(task)
            self._end(task)
        for _, delivery in taken:
            self._abandon(delivery)
        return len(taken)

    def _end(self, task: asyncio.Task[object]) -> None:
        """Let the stages and the handler of a task that will never go on come to their end, in the task's own context.

        A loop that ends cancels the tasks that there are, then runs on until those have ended, and takes callbacks meanwhile: a
        task that such a callback makes is not among the cancelled, and stays pending when the loop is closed. Here its
        coroutine is brought to its end and its delivery is accounted for; the task itself can only be ended by its loop. So
        it is told not to complain when it is thrown away, as asyncio tells tasks whose end it has seen to itself.
        """
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        coroutine = task.get_coro()
        assert coroutine is not None, "only a task that began eagerly and has ended has none"
        try:
            task.get_context().run(coroutine.close)
        except Exception:
            logger.exception("handler %r failed when its loop had ended", self._name)

    async def _try_again(self, delivery: Delivery, number: int) -> object:
        """One more attempt, in a task that nobody awaits."""
        delivery.attempt += delivery.error is not None
        try:
            result = await self._handle(delivery)
        except asyncio.CancelledError:  # the loop ends
            self._given_back.pop(number, None)
            self._abandon(delivery)
            raise
        except Exception:
            logger.exception("handler %r failed on %r, which nobody keeps", self._name, delivery.message)
            result = None
        self._given_back.pop(number, None)
        return result

    def _abandon(self, delivery: Delivery) -> None:
        self._loops.pop(id(delivery), None)
        super()._abandon(delivery)
