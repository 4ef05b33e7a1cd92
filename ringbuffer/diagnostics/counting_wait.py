"""`CountingWaitStrategy`: any wait strategy, with counts of the waits."""

from collections.abc import Callable
from typing import Final

from ringbuffer.checks import check_is_instance_with
from ringbuffer.errors import AlertError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.per_thread_counter import PerThreadCounter
from ringbuffer.sequence import Readable
from ringbuffer.wait import WaitStrategy, bind_signal
from ringbuffer.wait.strategy import Alertable


class CountingWaitStrategy(OneProcess):
    """Counts how often and how long consumers waited, and how often a wait timed out.

    One object may serve any number of barriers. Any thread.

    The hot path does not change. A consumer that finds events does not call its strategy at all. A
    producer that has to signal calls the wrapped strategy's own method, which this class passes on.

    Args:
        strategy: the strategy that waits.
        host: provides the clock.

    Raises:
        TypeError: `strategy` is not a wait strategy.

    Attributes:
        is_blocking: the wrapped strategy's.
        signal_all_when_blocking: the wrapped strategy's.
    """

    def __init__(self, strategy: WaitStrategy, *, host: Host = SYSTEM_HOST) -> None:
        check_is_instance_with(
            "the wait strategy", strategy, wait_for=4, signal_all_when_blocking=0
        )
        self.strategy: Final = strategy
        self.is_blocking: Final = strategy.is_blocking
        self.signal_all_when_blocking: Final = strategy.signal_all_when_blocking
        self._wait_for: Final = strategy.wait_for
        self._clock: Final = host.monotonic
        self._thread_id: Final = host.thread_id
        self._waits: Final = PerThreadCounter()
        self._timeouts: Final = PerThreadCounter()
        self._alerts: Final = PerThreadCounter()
        self._seconds: Final = PerThreadCounter()

    def signaller(self) -> Callable[[], None]:
        """Return the wrapped strategy's signaller for the calling thread."""
        return bind_signal(self.strategy) or self.signal_all_when_blocking

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. The wrapped strategy waits, and this method counts."""
        thread, begin = self._thread_id(), self._clock()
        # Before the wait, so that there are never more timeouts and alerts than waits.
        self._waits.add(thread)
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
        """Return the counts. Any thread.

        They are the waits begun, the waits that timed out, the waits that an alert ended, and the
        seconds of all finished waits. Timeouts and alerts are read before the waits that include
        them.
        """
        timeouts, alerts, seconds = self._timeouts.total, self._alerts.total, self._seconds.total
        return {
            "waits": self._waits.total,
            "wait_timeouts": timeouts,
            "wait_alerts": alerts,
            "wait_seconds": seconds,
        }

    def __repr__(self) -> str:
        return f"CountingWaitStrategy({self.strategy!r})"
