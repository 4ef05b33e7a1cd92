"""`BlockingWaitStrategy`: wait on a condition until somebody signals."""

from typing import ClassVar, Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable


class BlockingWaitStrategy:
    """Sleep on a condition: no processor time while idle; every publication and every advance pays for a lock.

    Why no wake-up is lost: the waiter evaluates its predicate, `dependent < sequence`, and checks the alert while it holds
    the lock. Whoever advances a sequence, or alerts, does so *before* it takes the same lock to notify. So either the
    waiter sees the advance, or it is already waiting when the notification comes. It waits on the predicate itself,
    not on a flag that a signal sets, so one signal can serve any number of waiters and none can be consumed by another.

    It waits on `dependent`, not only on the cursor: processors signal when they advance, so a consumer sleeps while the
    one before it works. (LMAX Disruptor, `BlockingWaitStrategy`, which spins there.)

    Args:
        host: what provides the condition.
    """

    is_blocking: ClassVar[bool] = True

    def __init__(self, *, host: Host = SYSTEM_HOST) -> None:
        self._condition: Final = host.condition()

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Never times out. Woken by `signal_all_when_blocking`."""
        with self._condition:
            while (available := dependent.get()) < sequence:
                barrier.check_alert()
                self._condition.wait()
        return available

    def signal_all_when_blocking(self) -> None:
        """Wake every waiter. Any thread."""
        with self._condition:
            self._condition.notify_all()
