"""The interface of wait strategies: how a consumer waits until a sequence is available.

A consumer asks its barrier first. It uses the strategy only when the barrier has no event for it.
So `wait_for` is off the hot path of a consumer that keeps finding events, and each strategy can be
written plainly.
"""

from collections.abc import Callable
from typing import Protocol

from ringbuffer.memory import Word
from ringbuffer.sequence import Readable

#: `wait(sequence)`: as `WaitStrategy.wait_for`, for the one thread that it was made for.
type Wait = Callable[[int], int]


class Alertable(Protocol):
    """The part of a barrier that a strategy needs."""

    def check_alert(self) -> None:
        """Raise `AlertError` if the barrier is alerted."""
        ...


class AlertableView(Alertable, Protocol):
    """The part of a barrier that a strategy needs, for one thread. Owning thread only."""

    @property
    def word(self) -> Word:
        """Not 0 while the barrier is alerted."""
        ...


class ReadableView(Readable, Protocol):
    """The sequence that a strategy waits for, for one thread. Owning thread only."""

    @property
    def word(self) -> Word | None:
        """The word that `get` and `highest_from` load, if one word is enough; otherwise None."""
        ...

    def highest_from(self, sequence: int) -> int:
        """As `get`, for a caller that knows that every sequence before `sequence` is published.

        A waiting thread knows that. At least `sequence - 1`.
        """
        ...


class WaitStrategy(Protocol):
    """Implement this to wait in another way.

    One instance serves any number of barriers. Any thread.

    The contract of `wait_for`:

    * It returns `dependent.get()` as soon as that is ≥ `sequence`. A lower value means a timeout,
      and nothing else.
    * It calls `barrier.check_alert()` in each iteration, before it waits, and does not catch
      `AlertError`.
    * If it can sleep without a limit, the next `signal_all_when_blocking()` ends the sleep, and
      `is_blocking` is True.

    It may also have `signaller()`, which returns a function that signals for the calling thread
    alone: see `bind_signal`. It may have `waiter(dependent, barrier)`, which returns a function
    that waits for the calling thread: see `bind_wait`.
    """

    @property
    def is_blocking(self) -> bool:
        """Whether a thread that advances a sequence must call `signal_all_when_blocking` then."""
        ...

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """Wait until `dependent` has reached `sequence`.

        Args:
            sequence: the lowest sequence that is of use to the caller.
            cursor: the highest sequence published without a gap.
            dependent: the highest sequence available to the caller: the minimum of the sequences it
                depends on, never above `cursor`.
            barrier: whose alerts end the wait.

        Returns:
            The available sequence, ≥ `sequence`; or less than `sequence` after a timeout.

        Raises:
            AlertError: the barrier was alerted.
        """
        ...

    def signal_all_when_blocking(self) -> None:
        """Wake every waiting thread, which then checks its condition again.

        Called after a publication, an advance or an alert.
        """
        ...


def bind_signal(strategy: WaitStrategy) -> Callable[[], None] | None:
    """The function to call after the calling thread has advanced a sequence; None if not needed.

    It is not needed for a strategy that never sleeps until a signal. A strategy with a
    `signaller()` makes a function for each thread, over the thread's own views. That function has
    the effect of `signal_all_when_blocking` and costs less.
    """
    if not strategy.is_blocking:
        return None
    signaller: Callable[[], Callable[[], None]] | None = getattr(strategy, "signaller", None)
    return strategy.signal_all_when_blocking if signaller is None else signaller()


def bind_wait(
    strategy: WaitStrategy, cursor: Readable, dependent: ReadableView, barrier: AlertableView
) -> Wait:
    """A function that waits by `strategy` for the calling thread.

    A strategy with a `waiter()` makes it for each thread, over the thread's own words, which costs
    less than calls. Such a function can also learn from one wait for the next.
    """
    waiter: Callable[[ReadableView, AlertableView], Wait] | None = getattr(strategy, "waiter", None)
    if waiter is not None:
        return waiter(dependent, barrier)
    return lambda sequence: strategy.wait_for(sequence, cursor, dependent, barrier)


def check_tries(name: str, value: int) -> int:
    """Returns `value`, a number of tries.

    Raises:
        ValueError: `value` is negative.
    """
    if value < 0:
        raise ValueError(f"{name} must be 0 or more, not {value!r}")
    return value
