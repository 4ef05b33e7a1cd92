"""`abandon`: what becomes of a delivery that waited for a retry, and will not get one."""

import contextlib

from ringbuffer.messaging.dead_letters import DeadLetters
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline.logs import logger


def abandon(delivery: Delivery, error: BaseException, dead_letters: DeadLetters | None) -> None:
    """Keep a delivery as a dead letter, or log it if there is no queue for dead letters.

    It raises no `Exception`: others are abandoned after this one, and callers wait for their ends.
    If a user's queue, or a log filter, raises one, the message is logged as critical.

    Args:
        delivery: what will not be retried. An interrupted call may have kept it already.
        error: what it failed with.
        dead_letters: where it is kept; None if nowhere.
    """
    try:
        if delivery.is_dead:
            return
        if dead_letters is not None:
            dead_letters.add(delivery, error)
        else:
            logger.error(
                "%r will not be retried by handler %r",
                delivery.message,
                delivery.handler,
                exc_info=error,
            )
    except Exception:
        with contextlib.suppress(Exception):  # such as a log filter that raises
            logger.critical(
                "%r of handler %r will not be retried, and could not be kept",
                delivery.message,
                delivery.handler,
                exc_info=True,
            )
