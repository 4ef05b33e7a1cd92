"""Rewinding: a handler asks for its batch again, and a strategy decides.

A handler raises `RewindBatch` if it cannot finish the batch now but may finish it later, as when a
transaction over the whole batch failed. The batch is replayed from its first event, or from the
first one that was not released early. Events that were published meanwhile may join it. (LMAX
Disruptor 4, `RewindableEventHandler`, `BatchRewindStrategy`.)
"""

from typing import Final, Protocol

from ringbuffer.checks import Duration, check_duration, check_integer, check_is_instance_with


class RewindBatch(Exception):
    """Raised by a handler: replay this batch from its first event."""


class RewindStrategy(Protocol):
    """Decides about a batch whose handler raised `RewindBatch`. Processor's thread only."""

    def pause_before(self, attempt: int) -> float | None:
        """How long to wait before the batch is replayed.

        Args:
            attempt: how often the batch has been handled, 1 after the first time.

        Returns:
            A number of seconds, 0 to replay at once. None gives up: the `RewindBatch` then goes
            to the exception handler like any other error.
        """
        ...


class RewindAlways:
    """Replays the batch at once, however often it fails."""

    def pause_before(self, attempt: int) -> float | None:
        """Return 0: at once."""
        return 0


class RewindAtMost:
    """Replays the batch at once, up to a number of times; then the exception handler decides.

    Args:
        times: how often a batch may be replayed, 0 or more.

    Raises:
        ValueError: `times` is negative.
    """

    def __init__(self, times: int) -> None:
        self._times: Final = check_integer("times", times, 0)

    def pause_before(self, attempt: int) -> float | None:
        """Return 0, or None after the last time."""
        return 0 if attempt <= self._times else None


class RewindAfterPause:
    """Replays the batch after a pause, however often it fails. A halt ends the pause.

    Args:
        seconds: length of the pause.

    Raises:
        ValueError: `seconds` is not positive and finite.
        TypeError: `seconds` is not a number of seconds.
    """

    def __init__(self, seconds: Duration) -> None:
        self._seconds: Final = check_duration("seconds", seconds)

    def pause_before(self, attempt: int) -> float | None:
        """Return the pause."""
        return self._seconds


def check_rewind_strategy(strategy: RewindStrategy) -> RewindStrategy:
    """Return `strategy`; raise `TypeError` if it lacks a method."""
    check_is_instance_with("the rewind strategy", strategy, pause_before=1)
    return strategy
