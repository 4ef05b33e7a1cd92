"""`PipelineConsumer`: a pipeline around a handler that does not belong to a bus.

A queue, a ring, or any other caller may call it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final, Self

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.ending import USUAL_GRACE, Grace, check_grace, drains, log_left
from ringbuffer.errors import RingBufferError
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.dead_letters.dead_letters import abandon
from ringbuffer.messaging.delivery import Delivery, Identity, RetryLater, ScheduleRedelivery
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.pipeline.pipeline import Pipeline
from ringbuffer.messaging.pipeline.timer import Timer
from ringbuffer.one_process import OneProcess
from ringbuffer.processors.handlers import name_of


class ConsumerClosedError(RingBufferError):
    """A consumer was closed before a delivery returned to it."""


class RetryingConsumer(OneProcess, ABC):
    """The common part of both kinds of consumers: deliveries that wait, and return for a retry."""

    def __init__(
        self,
        pipeline: Pipeline,
        handler: Callable[..., object],
        name: str | None,
        grace: Grace | Duration | None,
        host: Host,
    ) -> None:
        made_here(self)
        self._host: Final = host
        self._grace: Final = check_grace(grace)
        self._name: Final = name_of(handler).rpartition("<locals>.")[2] if name is None else name
        self._correlates: Final = pipeline.correlates
        self._dead_letters: Final = pipeline.dead_letters
        self._timer: Final[Timer[Delivery]] = Timer(
            self._again, host=host, name=f"{self._name} retries"
        )
        self._has_told = False

    @property
    def name(self) -> str:
        """The name of the handler, for dead letters, logs and metrics."""
        return self._name

    @property
    def returning(self) -> int:
        """How many messages wait for their retry."""
        return self._timer.pending

    def close(self, timeout: Duration | None = None) -> int:
        """Stop retrying messages.

        Messages that wait for a retry become dead letters if the pipeline has a dead-letter queue.
        Close first what calls the consumer.

        Args:
            timeout: the longest wait for the thread that retries, in seconds; None sets no limit.

        Returns:
            How many messages will not be retried.

        Raises:
            TypeError, ValueError: `timeout` is not a number of seconds. Nothing was done.
        """
        timeout = check_timeout(timeout)
        left = self._timer.close()
        count = len(left)
        # Terminates because a closed timer accepts no further delivery. After an interrupt, one
        # delivery may be abandoned twice: it still becomes one dead letter.
        while left:
            self._abandon(left[0])
            del left[0]
        self._timer.join(timeout)
        return count + self._bury_stranded()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Wait for the retries that are due later, within the grace period; then `close()`.

        After `KeyboardInterrupt` it closes at once. It also closes at once in a thread whose event
        loop runs, because waiting would block the loop: see `AsyncPipelineConsumer`. An interrupt
        ends the wait. Then the remaining messages are not retried, and their number is logged.
        """
        try:
            self._wait_at_the_end(error)
            self._close_and_log(None)
        except BaseException:
            self._close_and_log(0.0)
            raise

    def _wait_at_the_end(self, error: BaseException | None) -> None:
        """Wait as the end of a block does.

        Terminates because the retries end, or the grace period does.
        """
        if drains(error) and asyncio._get_running_loop() is None:
            backoff = Backoff(self._host, self._host.event(), self._grace.after(error))
            while self._is_busy() and backoff.pause():
                pass

    def _is_busy(self) -> bool:
        """Whether a message waits for its retry, or is being retried."""
        return self._timer.pending > 0

    def _close_and_log(self, timeout: Duration | None) -> None:
        """Log what will not be retried, then close.

        It logs once, even if it is called again after an interrupt.
        """
        left = len(self._timer.close()) + self._stranded()
        if left and not self._has_told:
            log_left(self._name, "was closed", (f"{left} messages were waiting for a retry",))
            self._has_told = True  # nothing is called between the two
        self.close(timeout)

    @abstractmethod
    def _again(self, delivery: Delivery) -> None:
        """Retry a delivery that is due. Called in the timer's thread."""

    def _stranded(self) -> int:
        """How many deliveries were returned for a retry that can never run."""
        return 0

    def _bury_stranded(self) -> int:
        """Abandon the deliveries whose retry can never run. Returns how many."""
        return 0

    def _delivery(self, message: object, schedule_redelivery: ScheduleRedelivery) -> Delivery:
        knows = self._correlates or isinstance(message, TransportEnvelope)
        return Delivery(
            message, Identity.of(message) if knows else None, self._name, schedule_redelivery
        )

    def _redeliver_later(self, delivery: Delivery, later: RetryLater) -> None:
        delivery.error = later.__cause__
        try:
            taken = self._timer.put(delivery, later.delay)
        except Exception as error:
            # No thread can be started, or a user's stage asked for an impossible delay.
            logger.exception("%r of handler %r cannot be retried", delivery.message, self._name)
            delivery.error = error
            taken = False
        if not taken:
            self._abandon(delivery)

    def _schedule_redelivery(self, delivery: Delivery, delay: float) -> None:
        """See `ScheduleRedelivery`."""
        if not self._timer.put(delivery, delay):
            raise ConsumerClosedError(f"{self._name!r} is closed: no delivery can return to it")

    def _abandon(self, delivery: Delivery) -> None:
        error = delivery.error or ConsumerClosedError(
            f"{self._name!r} was closed before the replay reached it"
        )
        abandon(delivery, error, self._dead_letters)


class PipelineConsumer(RetryingConsumer):
    """A handler with a pipeline around it. Call it with a message, from any thread.

    A retry with a delay runs in the consumer's own thread for retries, so a calling thread never
    waits for it. That thread handles one retry at a time. A slow handler delays the other retries,
    and nothing else.

    Args:
        pipeline: the stages.
        handler: a function of one message.
        name: the name of the handler in dead letters, logs and metrics; the default is the
            function's name.
        grace: how long the end of a `with` block waits for retries, in seconds, or a `Grace`. The
            default sets no limit, but 30 seconds if an exception ends the block.
        host: the source of the clock and of the thread for retries.

    Raises:
        TypeError: the handler is not a function of one message, or it is a coroutine function.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        handler: Callable[[Any], object],
        *,
        name: str | None = None,
        grace: Grace | Duration | None = USUAL_GRACE,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._call: Final = pipeline.around(handler)
        super().__init__(pipeline, handler, name, grace, host)

    def __call__(self, message: object) -> object:
        """Handle a message.

        Returns:
            The handler's result; None if the handler failed, and the message waits for a retry or
            became a dead letter.

        Raises:
            BaseException: what the handler raised, if no stage keeps failed messages.
        """
        return self._handle(self._delivery(message, self._schedule_redelivery))

    def _handle(self, delivery: Delivery) -> object:
        try:
            return self._call(delivery)
        except RetryLater as later:
            self._redeliver_later(delivery, later)
        except Exception:
            if not delivery.is_dead:
                raise
        return None

    def _again(self, delivery: Delivery) -> None:
        delivery.begin_attempt()
        self._handle(delivery)
