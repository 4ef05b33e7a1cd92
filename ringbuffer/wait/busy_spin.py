"""`BusySpinWaitStrategy`: look again at once, always."""

from typing import ClassVar

from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable


class BusySpinWaitStrategy:
    """Spin without ever giving the processor away: the lowest latency, for a whole core per waiter.

    Use it only with a core for each waiting thread. The waiter wakes itself; nobody signals.
    (LMAX Disruptor, `BusySpinWaitStrategy`.)
    """

    is_blocking: ClassVar[bool] = False

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Never times out."""
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
        return available

    def signal_all_when_blocking(self) -> None:
        """Nothing to do: nobody sleeps."""
