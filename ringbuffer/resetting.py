"""Resetting pre-allocated events: a user's function clears each event after its last consumer.

It replaces the function that clears the slots of a ring of values, see `ringbuffer.reclaiming`. It
has the same guarantee: the event is reset after the last consumer has passed it, and before a
producer may fill it again.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import check_can_be_called
from ringbuffer.memory import SlotView

logger: Final = logging.getLogger("ringbuffer")


def check_reset(reset: Callable[[Any], object]) -> None:
    """Raise `TypeError` unless `reset` can be called with an event."""
    if not callable(reset):
        raise TypeError(f"reset must be a function of one event, or None, not {reset!r}")
    check_can_be_called("reset", reset, 1)


def range_resetter[E](
    reset: Callable[[E], object],
) -> Callable[[SlotView[E]], Callable[[int, int], list[Any]]]:
    """Makes the function `clear(low, high)` for a thread's own slots; it returns nothing to drop.

    An error of `reset` is logged. It concerns one event, which keeps its contents. No consumer has
    failed.
    """

    def clearer(slots: SlotView[E]) -> Callable[[int, int], list[Any]]:
        mask = len(slots) - 1

        def clear(low: int, high: int) -> list[Any]:
            for sequence in range(low, high + 1):
                try:
                    reset(slots[sequence & mask])
                except Exception as error:
                    logger.error(
                        "reset failed on the event of sequence %d, which keeps its contents",
                        sequence,
                        exc_info=error,
                    )
            return []

        return clear

    return clearer
