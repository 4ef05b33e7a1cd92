"""`TimeoutBlockingWaitStrategy`: wait on a condition, for a limited time."""

from typing import Final

from ringbuffer.checks import Duration, check_duration
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable


class TimeoutBlockingWaitStrategy(OneProcess):
    """As `BlockingWaitStrategy`, but a wait ends after `timeout` seconds at the latest.

    It then returns how far the awaited sequence has come. A processor then calls its handler's
    `on_timeout` and waits again; no sequence advances. (LMAX Disruptor,
    `TimeoutBlockingWaitStrategy`.)

    Args:
        timeout: the longest wait, in seconds; it is cut at about 30 years (46 days on Windows).
        host: what provides the condition and the clock.
    """

    is_blocking: bool = True

    def __init__(self, timeout: Duration, *, host: Host = SYSTEM_HOST) -> None:
        self._timeout: Final = check_duration("timeout", timeout)
        self._host: Final = host
        self._condition: Final = host.condition()

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Returns less than `sequence` after `timeout` seconds.

        The deadline is for the whole call. A signal that is not for this thread does not extend it.
        """
        deadline = self._host.monotonic() + self._timeout
        with self._condition:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                available = dependent.get()
                if available >= sequence:
                    return available
                barrier.check_alert()
                remaining = deadline - self._host.monotonic()
                if remaining <= 0:
                    return available
                self._condition.wait(remaining)

    def signal_all_when_blocking(self) -> None:
        """Wake every waiting thread. Any thread."""
        with self._condition:
            self._condition.notify_all()
