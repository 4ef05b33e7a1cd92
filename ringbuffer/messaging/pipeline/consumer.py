"""`PipelineConsumer`: a pipeline around a handler that is not a bus's: of a queue, of a ring, of anything that calls it."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, Identity, RetryLater
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.pipeline.pipeline import Pipeline
from ringbuffer.messaging.pipeline.timer import Timer
from ringbuffer.processors.handlers import name_of


class PipelineConsumer:
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
        self._name: Final = name_of(handler).rpartition("<locals>.")[2] if name is None else name
        self._correlates: Final = pipeline.correlates
        self._dead_letters: Final = pipeline.dead_letters
        self._timer: Final[Timer[Delivery]] = Timer(self._again, host=host, name=f"{self._name} retries")

    @property
    def returning(self) -> int:
        """How many messages were put aside, to be tried again."""
        return self._timer.pending

    def __call__(self, message: object) -> object:
        """Handle a message: the handler's result; None if it failed and comes back, or went to the dead letters.

        Raises:
            BaseException: what the handler raised, if no stage keeps what has failed.
        """
        knows = self._correlates or isinstance(message, TransportEnvelope)
        return self._handle(Delivery(message, Identity.of(message) if knows else None, self._name, self._comes_back))

    def close(self, timeout: float | None = None) -> int:
        """Try nothing again any more; how many messages that concerns. They go to the dead letters, where there are some."""
        left = self._timer.close()
        for delivery in left:
            self._abandon(delivery)
        self._timer.join(timeout)
        return len(left)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _handle(self, delivery: Delivery) -> object:
        try:
            return self._call(delivery)
        except RetryLater as later:
            delivery.error = later.__cause__
            if not self._timer.put(delivery, later.delay):
                self._abandon(delivery)
        except Exception:
            if not delivery.is_dead:
                raise
        return None

    def _again(self, delivery: Delivery) -> None:
        """A delivery is due, in the timer's thread; that logs what is raised here."""
        delivery.attempt += delivery.error is not None
        self._handle(delivery)

    def _comes_back(self, delivery: Delivery, delay: float) -> None:
        """See `ComesBack`."""
        if not self._timer.put(delivery, delay):
            raise RuntimeError(f"{self._name!r} is closed: nothing comes back to it")

    def _abandon(self, delivery: Delivery) -> None:
        error = delivery.error or RuntimeError(f"{self._name!r} was closed before the replay came to it")
        if self._dead_letters is not None:
            self._dead_letters.add(delivery, error)
        else:
            logger.error("%r does not come back to handler %r", delivery.message, self._name, exc_info=error)
