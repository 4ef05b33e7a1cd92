"""What every wait strategy is: a way to spend the time until a sequence becomes available.

A consumer asks its barrier, and only when the barrier sees nothing to do does it ask the strategy. So `wait_for` is off
the hot path of a consumer that keeps finding events, and each strategy can be written plainly.
"""

from collections.abc import Callable
from typing import Protocol

from ringbuffer.memory import Word
from ringbuffer.sequence import Readable

#: `wait(sequence)`: as `WaitStrategy.wait_for`, by the one thread that it was made for.
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
    """What a strategy waits for, for one thread. Owning thread only."""

    @property
    def word(self) -> Word | None:
        """Where one word says all of it, that word: `get` and `highest_from` are no more than its load."""
        ...

    def highest_from(self, sequence: int) -> int:
        """As `get`, by a caller who knows that everything before it is published, as a waiter does. At least `sequence - 1`."""
        ...


class WaitStrategy(Protocol):
    """Implement this to wait in a way of your own. One instance may serve any number of barriers; any thread.

    The contract of `wait_for`:

    * it returns `dependent.get()` as soon as that is ≥ `sequence`; a lower value means a timeout, and nothing else;
    * it calls `barrier.check_alert()` on every turn, before it waits, and lets `AlertError` through;
    * if it can sleep without a limit, then only until the next `signal_all_when_blocking()`, and `is_blocking` is True.

    It may also have `signaller()`, which returns a function that signals for the calling thread alone, see `signaller_of`; and
    `waiter(dependent, barrier)`, which returns one that waits for it, see `waiter_of`.
    """

    @property
    def is_blocking(self) -> bool:
        """Whether whoever advances a sequence must call `signal_all_when_blocking` afterwards."""
        ...

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """Wait until `dependent` has reached `sequence`.

        Args:
            sequence: the lowest sequence that is of use to the caller.
            cursor: the highest sequence published without a gap.
            dependent: the highest sequence available to the caller: the minimum of the sequences it depends on,
                never above `cursor`.
            barrier: whose alerts end the wait.

        Returns:
            The available sequence, ≥ `sequence`; or less than `sequence` after a timeout.

        Raises:
            AlertError: the barrier was alerted.
        """
        ...

    def signal_all_when_blocking(self) -> None:
        """Wake every waiter, so that it looks again. Called after a publication, an advance or an alert."""
        ...


def signaller_of(strategy: WaitStrategy) -> Callable[[], None] | None:
    """What the calling thread must call after it has advanced a sequence; None where nobody sleeps.

    A strategy that has a `signaller()` makes a function for each thread there, over the thread's own views: it does what
    `signal_all_when_blocking` does, for less.
    """
    if not strategy.is_blocking:
        return None
    signaller: Callable[[], Callable[[], None]] | None = getattr(strategy, "signaller", None)
    return strategy.signal_all_when_blocking if signaller is None else signaller()


def waiter_of(strategy: WaitStrategy, cursor: Readable, dependent: ReadableView, barrier: AlertableView) -> Wait:
    """A function that waits by `strategy` for the calling thread.

    A strategy that has a `waiter()` makes it for each thread, over the thread's own words, which costs less than calls; and
    such a function can learn from one wait for the next.
    """
    waiter: Callable[[ReadableView, AlertableView], Wait] | None = getattr(strategy, "waiter", None)
    if waiter is not None:
        return waiter(dependent, barrier)
    return lambda sequence: strategy.wait_for(sequence, cursor, dependent, barrier)


def check_seconds(name: str, value: float) -> float:
    """`value`, if it is a positive, finite number of seconds.

    Raises:
        ValueError: it is not.
    """
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a positive number of seconds, not {value!r}")
    return value


def check_tries(name: str, value: int) -> int:
    """`value`, if it is a number of tries.

    Raises:
        ValueError: it is negative.
    """
    if value < 0:
        raise ValueError(f"{name} must be 0 or more, not {value!r}")
    return value
