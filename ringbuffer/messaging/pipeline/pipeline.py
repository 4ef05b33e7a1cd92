"""`Pipeline`: a sequence of stages that surround a handler."""

from collections.abc import Mapping
from logging import Logger
from typing import Any, Final, Self

from ringbuffer.checks import Duration, is_coroutine_function
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.dead_letters import DeadLetters
from ringbuffer.messaging.message_handler import MessageHandler, function_of
from ringbuffer.messaging.pipeline.correlation import Correlation
from ringbuffer.messaging.pipeline.deduplication import DEFAULT_WINDOW, Deduplication
from ringbuffer.messaging.pipeline.expiry import Expiry
from ringbuffer.messaging.pipeline.failures import ErrorHandling
from ringbuffer.messaging.pipeline.logs import Logging, logger
from ringbuffer.messaging.pipeline.metrics import Metrics
from ringbuffer.messaging.pipeline.retry import Retry, RetryPolicy
from ringbuffer.messaging.pipeline.stage import (
    AsyncCall,
    Call,
    Stage,
    async_call,
    check_stage,
    plain_call,
    put_around,
    put_around_async,
)
from ringbuffer.messaging.pipeline.validation import Validation, Validator


class Pipeline:
    """Stages around a handler, the first one outermost. Immutable; any handlers may share it.

    pipeline = Pipeline().use_metrics().use_error_handling(dead_letters).use_retry(RetryPolicy(5))

    The stages are put around a handler once, and not again for each message.

    Args:
        stages: the first one is the outermost.
        host: the source of the clock for the stages that `use_...` adds.

    Raises:
        TypeError: an argument is not a stage.
    """

    def __init__(self, *stages: Stage, host: Host = SYSTEM_HOST) -> None:
        self._stages: Final = tuple(check_stage(stage) for stage in stages)
        self._host: Final = host

    @classmethod
    def standard(
        cls,
        *,
        dead_letters: DeadLetters,
        retry: RetryPolicy | None = None,
        validators: Mapping[type, Validator] | None = None,
        metrics: Metrics | None = None,
        log: Logger = logger,
        host: Host = SYSTEM_HOST,
    ) -> Self:
        """All stages: metrics (outermost), logging, correlation, expiry, validation, errors, retry.

        Args:
            dead_letters: receives messages that have expired, are not valid, or have failed for
                the last time.
            retry: how often to try, see `Retry`; the default is `RetryPolicy()`.
            validators: the validators, by class of message.
            metrics: the metrics to use; the default is a new object.
            log: the logger to use.
            host: the source of the clock.
        """
        return (
            cls(host=host)
            .use_metrics(metrics)
            .use_logging(log)
            .use_correlation()
            .use_expiry(dead_letters)
            .use_validation({} if validators is None else validators, dead_letters)
            .use_error_handling(dead_letters)
            .use_retry(RetryPolicy() if retry is None else retry)
        )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, the outermost first."""
        return self._stages

    @property
    def correlates(self) -> bool:
        """Whether it has a `Correlation` stage, so that messages need envelopes."""
        return any(isinstance(stage, Correlation) for stage in self._stages)

    @property
    def logs(self) -> bool:
        """Whether it has a `Logging` stage, so that its caller need not log failures."""
        return any(isinstance(stage, Logging) for stage in self._stages)

    @property
    def dead_letters(self) -> DeadLetters | None:
        """The queue for failed messages; None if there is no `ErrorHandling` stage."""
        return next(
            (stage.dead_letters for stage in self._stages if isinstance(stage, ErrorHandling)), None
        )

    # -- building

    def use(self, stage: Stage) -> Self:
        """The same stages, with one more inside them."""
        return type(self)(*self._stages, stage, host=self._host)

    def use_metrics(self, metrics: Metrics | None = None) -> Self:
        """Count and time, see `Metrics`."""
        return self.use(Metrics(host=self._host) if metrics is None else metrics)

    def use_logging(self, log: Logger = logger) -> Self:
        """Log, see `Logging`."""
        return self.use(Logging(log, host=self._host))

    def use_correlation(self) -> Self:
        """Relate the messages that a handler publishes to its own message, see `Correlation`."""
        return self.use(Correlation())

    def use_deduplication(
        self, capacity: int = DEFAULT_WINDOW, max_age: Duration | None = None
    ) -> Self:
        """Do not handle an envelope again that was handled, see `Deduplication`."""
        return self.use(Deduplication(capacity, max_age, host=self._host))

    def use_expiry(self, dead_letters: DeadLetters | None = None) -> Self:
        """Refuse envelopes that have expired, see `Expiry`."""
        return self.use(Expiry(dead_letters))

    def use_validation(
        self, validators: Mapping[type, Validator], dead_letters: DeadLetters | None = None
    ) -> Self:
        """Refuse messages that are not valid, see `Validation`."""
        return self.use(Validation(validators, dead_letters))

    def use_error_handling(self, dead_letters: DeadLetters) -> Self:
        """Keep messages that have failed, see `ErrorHandling`."""
        return self.use(ErrorHandling(dead_letters))

    def use_retry(self, policy: RetryPolicy) -> Self:
        """Retry failed messages, see `Retry`."""
        return self.use(Retry(policy))

    # -- putting the stages around a handler

    def around(self, handler: MessageHandler[Any]) -> Call:
        """A plain handler of messages, with all stages around it.

        Raises:
            TypeError: it cannot be called with one message, or it is a coroutine function.
        """
        function = function_of(handler)
        if is_coroutine_function(function):
            raise TypeError(
                f"{handler!r} is a coroutine function; put the stages around it with around_async"
            )
        call = plain_call(function)
        for stage in reversed(self._stages):
            call = put_around(stage.around, call)
        return call

    def around_async(self, handler: MessageHandler[Any]) -> AsyncCall:
        """A coroutine function, with all stages around it.

        Raises:
            TypeError: it is not one, or cannot be called with one message.
        """
        function = function_of(handler)
        if not is_coroutine_function(function):
            raise TypeError(
                f"{handler!r} is not a coroutine function; put the stages around it with around"
            )
        call = async_call(function)
        for stage in reversed(self._stages):
            call = put_around_async(stage.around, call)
        return call

    def __repr__(self) -> str:
        return f"Pipeline({', '.join(type(stage).__name__ for stage in self._stages)})"
