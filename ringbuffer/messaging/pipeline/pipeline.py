"""`Pipeline`: stages in an order, to be put around handlers."""

from collections.abc import Awaitable, Callable, Mapping
from logging import Logger
from typing import Final, Self

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.pipeline.correlation import Correlation
from ringbuffer.messaging.pipeline.failures import ErrorHandling
from ringbuffer.messaging.pipeline.logs import Logging, logger
from ringbuffer.messaging.pipeline.metrics import Metrics
from ringbuffer.messaging.pipeline.retry import Retry, RetryPolicy
from ringbuffer.messaging.pipeline.stage import (
    AsyncCall,
    Call,
    Stage,
    async_call,
    check_handler,
    check_stage,
    is_coroutine_function,
    plain_call,
    put_around,
    put_around_async,
)
from ringbuffer.messaging.pipeline.validation import Validation, Validator


class Pipeline:
    """Stages around a handler, the first one outermost. Immutable; any number of handlers may share it.

    pipeline = Pipeline().use_metrics().use_error_handling(dead_letters).use_retry(RetryPolicy(5))

    A pipeline is built once for each handler, never for a message.

    Args:
        stages: the first one is the outermost.
        host: whose clock the stages take that are added by `use_...`.

    Raises:
        TypeError: something is no stage.
    """

    def __init__(self, *stages: Stage, host: Host = SYSTEM_HOST) -> None:
        self._stages: Final = tuple(check_stage(stage) for stage in stages)
        self._host: Final = host

    @classmethod
    def standard(
        cls,
        *,
        dead_letters: DeadLetterQueue,
        retry: RetryPolicy | None = None,
        validators: Mapping[type, Validator] | None = None,
        metrics: Metrics | None = None,
        log: Logger = logger,
        host: Host = SYSTEM_HOST,
    ) -> Self:
        """All stages: metrics, logging, correlation, validation, error handling, retry; metrics outermost.

        Args:
            dead_letters: where messages go that are not valid, or have failed for good.
            retry: how often to try; the default is `RetryPolicy()`.
            validators: by class of message.
            metrics: to look at afterwards; the default is one of its own.
            log: where to log.
            host: whose clock.
        """
        return (
            cls(host=host)
            .use_metrics(metrics)
            .use_logging(log)
            .use_correlation()
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
        """Whether it has a `Logging` stage, so that nobody else needs to log what failed."""
        return any(isinstance(stage, Logging) for stage in self._stages)

    @property
    def dead_letters(self) -> DeadLetterQueue | None:
        """Where what has failed goes; None where there is no `ErrorHandling` stage."""
        return next((stage.dead_letters for stage in self._stages if isinstance(stage, ErrorHandling)), None)

    # -- building -----------------------------------------------------------------------------------------------

    def use(self, stage: Stage) -> Self:
        """The same stages, and inside of them one more."""
        return type(self)(*self._stages, stage, host=self._host)

    def use_metrics(self, metrics: Metrics | None = None) -> Self:
        """Count and time, see `Metrics`."""
        return self.use(Metrics(host=self._host) if metrics is None else metrics)

    def use_logging(self, log: Logger = logger) -> Self:
        """Log, see `Logging`."""
        return self.use(Logging(log, host=self._host))

    def use_correlation(self) -> Self:
        """Let what a handler publishes belong to what it handles, see `Correlation`."""
        return self.use(Correlation())

    def use_validation(self, validators: Mapping[type, Validator], dead_letters: DeadLetterQueue | None = None) -> Self:
        """Refuse what is not valid, see `Validation`."""
        return self.use(Validation(validators, dead_letters))

    def use_error_handling(self, dead_letters: DeadLetterQueue) -> Self:
        """Keep what has failed, see `ErrorHandling`."""
        return self.use(ErrorHandling(dead_letters))

    def use_retry(self, policy: RetryPolicy) -> Self:
        """Try again, see `Retry`."""
        return self.use(Retry(policy))

    # -- putting it around a handler ----------------------------------------------------------------------------

    def around(self, handler: Callable[..., object]) -> Call:
        """A plain handler of messages, with all stages around it.

        Raises:
            TypeError: it cannot be called with one message, or is a coroutine function.
        """
        if is_coroutine_function(check_handler(handler)):
            raise TypeError(f"{handler!r} is a coroutine function; put the stages around it with around_async")
        call = plain_call(handler)
        for stage in reversed(self._stages):
            call = put_around(stage.around, call)
        return call

    def around_async(self, handler: Callable[..., Awaitable[object]]) -> AsyncCall:
        """A coroutine function, with all stages around it.

        Raises:
            TypeError: it is none, or cannot be called with one message.
        """
        if not is_coroutine_function(check_handler(handler)):
            raise TypeError(f"{handler!r} is no coroutine function; put the stages around it with around")
        call = async_call(handler)
        for stage in reversed(self._stages):
            call = put_around_async(stage.around, call)
        return call

    def __repr__(self) -> str:
        return f"Pipeline({', '.join(type(stage).__name__ for stage in self._stages)})"
