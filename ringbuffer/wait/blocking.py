"""`BlockingWaitStrategy`: wait on a condition until a signal."""

from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable


class BlockingWaitStrategy(OneProcess):
    """Sleep on a condition. Every publication and every advance takes a lock.

    A waiting thread uses no processor time.

    Why no wake-up is lost: the waiting thread evaluates its predicate, `dependent < sequence`, and
    checks the alert while it holds the lock. A thread that advances a sequence, or alerts, does so
    *before* it takes the same lock to notify. So either the waiting thread sees the advance, or it
    is already waiting when the notification comes. It waits on the predicate itself, not on a flag
    that a signal sets. So one signal serves any number of waiting threads, and no thread consumes
    the signal of another.

    It waits on `dependent`, not only on the cursor. Processors signal when they advance, so a
    consumer sleeps while the one before it works. (LMAX Disruptor, `BlockingWaitStrategy`, which
    spins there.)

    Args:
        host: what provides the condition.
    """

    is_blocking: bool = True

    def __init__(self, *, host: Host = SYSTEM_HOST) -> None:
        self._condition: Final = host.condition()

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Never times out. Woken by `signal_all_when_blocking`."""
        with self._condition:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                available = dependent.get()
                if available >= sequence:
                    return available
                barrier.check_alert()
                self._condition.wait()

    def signal_all_when_blocking(self) -> None:
        """Wake every waiting thread. Any thread."""
        with self._condition:
            self._condition.notify_all()
