"""The stage `Logging`: writes each attempt of a pipeline to the `logging` module."""

import logging
from collections.abc import Generator
from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, RetryLater

#: The messaging layer's default logger.
logger: Final = logging.getLogger("ringbuffer.messaging")


class Logging:
    """Logs each attempt, with its time and its correlation.

    The level is DEBUG for a handled message, WARNING for one that is to be retried, and ERROR for
    one that failed.

    Args:
        log: the logger to use; the default is `ringbuffer.messaging`.
        host: the source of the clock.
    """

    def __init__(self, log: logging.Logger = logger, *, host: Host = SYSTEM_HOST) -> None:
        self._log: Final = log
        self._clock: Final = host.monotonic

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        clock = self._clock
        begin = clock()
        try:
            result = yield
        except RetryLater as later:
            text = "%s failed on %s (attempt %d, %.6f s, %s); the next attempt is in %.3f s: %r"
            cause = later.__cause__
            self._log.warning(text, *_words(delivery, clock() - begin), later.delay, cause)
            raise
        except BaseException as error:
            where = "; it became a dead letter" if delivery.is_dead else ""
            self._log.error(
                "%s failed on %s (attempt %d, %.6f s, %s)" + where,
                *_words(delivery, clock() - begin),
                exc_info=error,
            )
            raise
        if self._log.isEnabledFor(logging.DEBUG):
            self._log.debug(
                "%s handled %s (attempt %d, %.6f s, %s)", *_words(delivery, clock() - begin)
            )
        return result


def _words(delivery: Delivery, seconds: float) -> tuple[object, ...]:
    identity = delivery.identity
    belongs = "no correlation" if identity is None else f"correlation {identity.belongs_to}"
    return delivery.handler, type(delivery.message).__qualname__, delivery.attempt, seconds, belongs
