"""Exception handlers: what happens when a user's handler raises.

Returning means: carry on with the next event. Raising means: this consumer is dead; its processor stops, and closes the ring
so that producers get an error instead of waiting for room that never comes.
"""

import logging
from typing import Final, Protocol

from ringbuffer.checks import check_is_instance_with

logger: Final = logging.getLogger("ringbuffer")


class ExceptionHandler(Protocol):
    """Decides about the errors of one or more handlers. Called in the processor's thread; any number of them at once."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        """A handler failed on an event; on a whole batch (a list), `sequence` is the number of its first event."""
        ...

    def handle_on_start_exception(self, error: Exception) -> None:
        """A handler's `on_start`, or its `set_sequence_callback`, failed."""
        ...

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """A handler's `on_shutdown` failed."""
        ...


class FatalExceptionHandler:
    """Logs and re-raises: the first error of a handler stops its processor. The default, since it hides nothing."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        """Log, and raise the error again."""
        logger.error("handler failed on sequence %d (%r); its processor stops", sequence, event, exc_info=error)
        raise error

    def handle_on_start_exception(self, error: Exception) -> None:
        """Log, and raise the error again."""
        logger.error("handler's on_start failed; its processor stops", exc_info=error)
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Log; the processor is stopping anyway."""
        logger.error("handler's on_shutdown failed", exc_info=error)


class LoggingExceptionHandler:
    """Logs and carries on with the next event.

    Args:
        level: the level to log at, as of the `logging` module.
    """

    def __init__(self, level: int = logging.ERROR) -> None:
        self._level: Final = level

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        """Log."""
        logger.log(self._level, "handler failed on sequence %d (%r); skipped", sequence, event, exc_info=error)

    def handle_on_start_exception(self, error: Exception) -> None:
        """Log."""
        logger.log(self._level, "handler's on_start failed; carrying on", exc_info=error)

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Log."""
        logger.log(self._level, "handler's on_shutdown failed", exc_info=error)


class IgnoringExceptionHandler(LoggingExceptionHandler):
    """Carries on with the next event, and mentions the error only to who asked for debug messages."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)


def check_exception_handler(exception_handler: ExceptionHandler) -> ExceptionHandler:
    """`exception_handler`, if it can be one; `TypeError` if not."""
    check_is_instance_with(
        "the exception handler",
        exception_handler,
        handle_event_exception=3,
        handle_on_start_exception=1,
        handle_on_shutdown_exception=1,
    )
    return exception_handler
