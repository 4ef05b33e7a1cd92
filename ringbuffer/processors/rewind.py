"""Rewinding: a handler asks for its batch again, and a strategy decides.

A handler raises `RewindBatch` where it cannot finish the batch now but may later, such as when a transaction over the
whole batch failed. The batch is handled again from its first event, or from the first one that was not released early;
events that were published meanwhile may join it. (LMAX Disruptor 4, `RewindableEventHandler`, `BatchRewindStrategy`.)
"""

from typing import Final, Protocol

from ringbuffer.checks import check_is_instance_with


class RewindBatch(Exception):
    """Raised by a handler: handle this batch again, from its first event."""


class RewindStrategy(Protocol):
    """Decides what becomes of a batch whose handler raised `RewindBatch`. Called in the processor's thread."""

    def pause_before(self, attempt: int) -> float | None:
        """How long to wait before the batch is handled again.

        Args:
            attempt: how often the batch has been handled, 1 after the first time.

        Returns:
            Seconds, 0 for at once; or None to give up: the `RewindBatch` then goes to the exception handler like any error.
        """
        ...


class RewindAlways:
    """Again and again, at once."""

    def pause_before(self, attempt: int) -> float | None:
        """0: at once."""
        return 0


class RewindAtMost:
    """Again at once, up to a number of times; then the exception handler decides.

    Args:
        times: how often a batch may be handled again, 0 or more.

    Raises:
        ValueError: `times` is negative.
    """

    def __init__(self, times: int) -> None:
        if times < 0:
            raise ValueError(f"times must be 0 or more, not {times!r}")
        self._times: Final = times

    def pause_before(self, attempt: int) -> float | None:
        """0, or None after the last time."""
        return 0 if attempt <= self._times else None


class RewindAfterPause:
    """Again after a pause, for as long as it takes. A processor that is halted during a pause stops at once.

    Args:
        seconds: length of the pause.

    Raises:
        ValueError: `seconds` is not a positive, finite number.
    """

    def __init__(self, seconds: float) -> None:
        if not 0 < seconds < float("inf"):
            raise ValueError(f"seconds must be a positive number of seconds, not {seconds!r}")
        self._seconds: Final = seconds

    def pause_before(self, attempt: int) -> float | None:
        """The pause."""
        return self._seconds


def check_rewind_strategy(strategy: RewindStrategy) -> RewindStrategy:
    """`strategy`, if it can be one; `TypeError` if not."""
    check_is_instance_with("the rewind strategy", strategy, pause_before=1)
    return strategy
