"""The stage `Logging`: what went through a pipeline, in the words of the `logging` module."""

import logging
from collections.abc import Generator
from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, RetryLater

#: Where the messaging layer logs, unless it is told otherwise.
logger: Final = logging.getLogger("ringbuffer.messaging")


class Logging:
    """Logs each attempt: handled at DEBUG, to be retried at WARNING, failed at ERROR, each with time and correlation.

    Args:
        log: where to; the default is the logger `ringbuffer.messaging`.
        host: whose clock.
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
            text = "%s failed on %s (attempt %d, %.6f s, %s); it comes back in %.3f s: %r"
            cause = later.__cause__
            self._log.warning(text, *_words(delivery, clock() - begin), later.delay, cause)
            raise
        except BaseException as error:
            where = "; it went to the dead letters" if delivery.is_dead else ""
            self._log.error(
                "%s failed on %s (attempt %d, %.6f s, %s)" + where, *_words(delivery, clock() - begin), exc_info=error
            )
            raise
        if self._log.isEnabledFor(logging.DEBUG):
            self._log.debug("%s handled %s (attempt %d, %.6f s, %s)", *_words(delivery, clock() - begin))
        return result


def _words(delivery: Delivery, seconds: float) -> tuple[object, ...]:
    identity = delivery.identity
    belongs = "no correlation" if identity is None else f"correlation {identity.belongs_to}"
    return delivery.handler, type(delivery.message).__qualname__, delivery.attempt, seconds, belongs
