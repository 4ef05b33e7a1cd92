"""The exception handlers that the library offers; see `ringbuffer.processors.failure`."""

import logging
import traceback
from typing import Final

from ringbuffer.checks import check_is_instance_with
from ringbuffer.processors.failure import ExceptionHandler, FailureAction, current_failure

logger: Final = logging.getLogger("ringbuffer")


def check_exception_handler(exception_handler: ExceptionHandler) -> ExceptionHandler:
    """Return `exception_handler`; raise `TypeError` if it lacks a method."""
    check_is_instance_with(
        "the exception handler",
        exception_handler,
        handle_event_exception=3,
        handle_on_start_exception=1,
        handle_on_shutdown_exception=1,
    )
    return exception_handler


class FatalExceptionHandler:
    """Logs the error and raises it again: the first error stops the processor. The default."""

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction | None:
        """Log the error, and raise it again."""
        what = f"handler failed on sequence {sequence}"
        _log(logging.ERROR, error, what, event, "its processor stops")
        raise error

    def handle_on_start_exception(self, error: Exception) -> None:
        """Log the error, and raise it again."""
        _log(logging.ERROR, error, "handler's on_start failed", None, "its processor stops")
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Log the error; the processor is stopping anyway."""
        _log(logging.ERROR, error, "handler's on_shutdown failed", None, "it stops")


_FATAL: Final = (
    FatalExceptionHandler.handle_event_exception.__code__,
    FatalExceptionHandler.handle_on_start_exception.__code__,
)


def was_logged(error: BaseException) -> bool:
    """Whether a `FatalExceptionHandler` has logged `error`, with its traceback, and raised it."""
    return any(frame.f_code in _FATAL for frame, _ in traceback.walk_tb(error.__traceback__))


class LoggingExceptionHandler:
    """Logs the error; the consumer continues. Later stages get the failed event as it is.

    A failed event may mix new data with data of an earlier lap. `SkippingExceptionHandler` lets
    later stages skip it.

    Args:
        level: the level to log at, as of the `logging` module.
    """

    def __init__(self, level: int = logging.ERROR) -> None:
        self._level: Final = level

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction | None:
        """Log the error."""
        self._log_event(error, sequence, event, "later stages get what failed as it is")
        return None

    def handle_on_start_exception(self, error: Exception) -> None:
        """Log the error."""
        _log(self._level, error, "handler's on_start failed", None, "carrying on")

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Log the error."""
        _log(self._level, error, "handler's on_shutdown failed", None, "it stops")

    def _log_event(self, error: Exception, sequence: int, event: object, consequence: str) -> None:
        failure = current_failure()
        if failure is not None and not failure.is_of_events:
            consequence = "carrying on"
        _log(self._level, error, f"handler failed on sequence {sequence}", event, consequence)


class SkippingExceptionHandler(LoggingExceptionHandler):
    """Logs the error; the consumer continues. Later stages pass over the failed event.

    If `on_batch` fails, they pass over the whole batch; `BatchFailed` names a single event.
    """

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction | None:
        """Log the error, and decide that later stages skip the event."""
        self._log_event(error, sequence, event, "later stages skip what failed")
        return FailureAction.SKIP


class IgnoringExceptionHandler(LoggingExceptionHandler):
    """Logs the error as a debug message; the consumer continues."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)


def _log(level: int, error: Exception, what: str, event: object, consequence: str) -> None:
    """Log what failed, in which consumer if that is known, and the consequence."""
    failure = current_failure()
    if isinstance(event, list) and failure is not None and failure.hook == "on_batch":
        logger.log(level, "%s (%d events); %s", failure, len(event), consequence, exc_info=error)
    elif event is not None:
        logger.log(level, "%s (%r); %s", failure or what, event, consequence, exc_info=error)
    else:
        logger.log(level, "%s; %s", failure or what, consequence, exc_info=error)
