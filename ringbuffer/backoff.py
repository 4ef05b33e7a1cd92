"""`Backoff`: waiting without a signal: spin, then yield, then park, with a deadline.

Producers wait in this way for free capacity, and so do threads that drain a ring. No thread signals
them, so the threads that make progress do not pay for signals.
"""

from typing import Final

from ringbuffer.checks import check_timeout
from ringbuffer.host import Event, Host


class Backoff:
    """One wait. Owning thread only.

    The caller's own next check ends it, after one park at the latest. A park ends early when `wake`
    is set.

    Args:
        host: what yields and provides the clock.
        wake: ends parks when it is set.
        timeout: the longest wait in all, in seconds; None waits without a limit.

    Raises:
        ValueError, TypeError: `timeout` is not a number.
    """

    __slots__ = ("_deadline", "_host", "_turns", "_wake")

    SPINS: Final = 50
    YIELDS: Final = 100
    #: Length of one park in seconds; it doubles from the first to the longest.
    FIRST_PARK: Final = 50e-6
    LONGEST_PARK: Final = 1e-3

    def __init__(self, host: Host, wake: Event, timeout: float | None) -> None:
        timeout = check_timeout(timeout)
        self._host: Final = host
        self._wake: Final = wake
        self._deadline: Final = None if timeout is None else host.monotonic() + timeout
        self._turns = 0

    def pause(self) -> bool:
        """Let some time pass before the caller's next check.

        Returns False immediately when the deadline has passed.
        """
        host = self._host
        remaining = None if self._deadline is None else self._deadline - host.monotonic()
        if remaining is not None and remaining <= 0:
            return False
        turn = self._turns
        self._turns = turn + 1
        if turn < self.SPINS:
            return True
        if turn < self.SPINS + self.YIELDS:
            host.yield_now()
            return True
        doublings = min(turn - self.SPINS - self.YIELDS, 10)
        park = min(self.FIRST_PARK * (1 << doublings), self.LONGEST_PARK)
        self._wake.wait(park if remaining is None else min(park, remaining))
        return True
