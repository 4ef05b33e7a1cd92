"""`CountingWaitStrategy`: any wait strategy, with counts of the waits."""

from collections.abc import Callable
from typing import Final

from ringbuffer.checks import check_is_instance_with
from ringbuffer.errors import AlertError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.sequence import Readable
from ringbuffer.tally import Tally
from ringbuffer.wait import WaitStrategy, signaller_of
from ringbuffer.wait.strategy import Alertable


class CountingWaitStrategy:
    """Counts how often consumers waited, how long, and how often in vain. One may serve any number of barriers; any thread.

    The hot path does not change. A consumer that finds events does not ask its strategy at all, and a publisher that has to
    signal calls the wrapped strategy's own method, which this one hands on as its own.

    Args:
        strategy: how to wait.
        host: whose clock.

    Raises:
        TypeError: `strategy` is no wait strategy.

    Attributes:
        is_blocking: the wrapped strategy's.
        signal_all_when_blocking: the wrapped strategy's.
    """

    def __init__(self, strategy: WaitStrategy, *, host: Host = SYSTEM_HOST) -> None:
        check_is_instance_with("the wait strategy", strategy, wait_for=4, signal_all_when_blocking=0)
        self.strategy: Final = strategy
        self.is_blocking: Final = strategy.is_blocking
        self.signal_all_when_blocking: Final = strategy.signal_all_when_blocking
        self._wait_for: Final = strategy.wait_for
        self._clock: Final = host.monotonic
        self._thread_id: Final = host.thread_id
        self._waits: Final = Tally()
        self._timeouts: Final = Tally()
        self._alerts: Final = Tally()
        self._seconds: Final = Tally()

    def signaller(self) -> Callable[[], None]:
        """The wrapped strategy's, for the calling thread."""
        return signaller_of(self.strategy) or self.signal_all_when_blocking

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Woken, timed out and ended as the wrapped strategy is."""
        thread, begin = self._thread_id(), self._clock()
        self._waits.add(thread)  # before the wait, so that there are never more timeouts and alerts than waits
        try:
            available = self._wait_for(sequence, cursor, dependent, barrier)
        except AlertError:
            self._alerts.add(thread)
            raise
        finally:
            self._seconds.add(thread, self._clock() - begin)
        if available < sequence:
            self._timeouts.add(thread)
        return available

    def counters(self) -> dict[str, float]:
        """Waits begun, those that timed out, those that an alert ended, and the seconds of those that have ended. Any thread.

        Timeouts and alerts are read before the waits that they are part of.
        """
        timeouts, alerts, seconds = self._timeouts.total, self._alerts.total, self._seconds.total
        return {"waits": self._waits.total, "wait_timeouts": timeouts, "wait_alerts": alerts, "wait_seconds": seconds}

    def __repr__(self) -> str:
        return f"CountingWaitStrategy({self.strategy!r})"
