"""`TimeoutBlockingWaitStrategy`: wait on a condition, but not for ever."""

from typing import ClassVar, Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable, check_seconds


class TimeoutBlockingWaitStrategy:
    """As `BlockingWaitStrategy`, but give up after a time and say how far things are.

    A processor then calls its handler's `on_timeout` and waits again; nothing is advanced.
    (LMAX Disruptor, `TimeoutBlockingWaitStrategy`.)

    Args:
        timeout: the longest wait, in seconds.
        host: what provides the condition and the clock.
    """

    is_blocking: ClassVar[bool] = True

    def __init__(self, timeout: float, *, host: Host = SYSTEM_HOST) -> None:
        self._timeout: Final = check_seconds("timeout", timeout)
        self._host: Final = host
        self._condition: Final = host.condition()

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Returns less than `sequence` when `timeout` seconds have passed.

        The deadline is for the whole call: signals that bring nothing for this waiter do not prolong it.
        """
        deadline = self._host.monotonic() + self._timeout
        with self._condition:
            while (available := dependent.get()) < sequence:
                barrier.check_alert()
                remaining = deadline - self._host.monotonic()
                if remaining <= 0:
                    break
                self._condition.wait(remaining)
        return available

    def signal_all_when_blocking(self) -> None:
        """Wake every waiter. Any thread."""
        with self._condition:
            self._condition.notify_all()
