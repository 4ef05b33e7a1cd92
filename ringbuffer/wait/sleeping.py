"""`SleepingWaitStrategy`: spin, then yield, then sleep for short times."""

from typing import Final

from ringbuffer.checks import Duration, check_duration
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable, check_tries


class SleepingWaitStrategy:
    """Spin first, then yield, then sleep for short times. Producers pay nothing for it.

    Latency after an idle time is about `sleep_seconds` plus the system's timer slack (50 µs on
    Linux). A waiting thread needs no signal. (LMAX Disruptor, `SleepingWaitStrategy`.)

    Args:
        spin_tries: iterations before the first yield.
        yield_tries: yields before the first sleep.
        sleep_seconds: length of one sleep, in seconds. An alert is noticed after one sleep at the
            latest.
        host: what yields and sleeps.
    """

    is_blocking: bool = False

    def __init__(
        self,
        spin_tries: int = 100,
        yield_tries: int = 100,
        sleep_seconds: Duration = 100e-6,
        *,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._spin_tries: Final = check_tries("spin_tries", spin_tries)
        self._yield_tries: Final = check_tries("yield_tries", yield_tries)
        self._sleep_seconds: Final = check_duration("sleep_seconds", sleep_seconds)
        self._host: Final = host

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Never times out."""
        spins, yields = self._spin_tries, self._yield_tries
        host = self._host
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
            if spins > 0:
                spins -= 1
            elif yields > 0:
                yields -= 1
                host.yield_now()
            else:
                host.sleep(self._sleep_seconds)
        return available

    def signal_all_when_blocking(self) -> None:
        """Nothing to do: a sleeping thread soon wakes by itself."""
