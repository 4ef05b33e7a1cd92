"""`YieldingWaitStrategy`: spin a little, then offer the processor at every turn."""

from typing import ClassVar, Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable, check_tries


class YieldingWaitStrategy:
    """Spin for some turns, then yield the processor between turns: low latency, and fair when threads outnumber cores.

    It uses a whole core when nothing else wants it. The waiter wakes itself; nobody signals.
    (LMAX Disruptor, `YieldingWaitStrategy`.)

    Args:
        spin_tries: turns before the first yield.
        host: what yields.
    """

    is_blocking: ClassVar[bool] = False

    def __init__(self, spin_tries: int = 100, *, host: Host = SYSTEM_HOST) -> None:
        self._spin_tries: Final = check_tries("spin_tries", spin_tries)
        self._host: Final = host

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Never times out."""
        spins = self._spin_tries
        yield_now = self._host.yield_now
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
            if spins > 0:
                spins -= 1
            else:
                yield_now()
        return available

    def signal_all_when_blocking(self) -> None:
        """Nothing to do: nobody sleeps."""
