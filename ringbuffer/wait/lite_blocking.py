"""`LiteBlockingWaitStrategy`: a condition that is only signalled when somebody waits on it."""

import threading
from collections.abc import Callable
from typing import ClassVar, Final

from ringbuffer.host import SYSTEM_HOST, Condition, Host
from ringbuffer.memory import PROCESS_MEMORY, Cell, CellView, Memory
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable


class LiteBlockingWaitStrategy:
    """As `BlockingWaitStrategy`, but a signal with nobody waiting costs one atomic exchange and no lock.

    Why no wake-up is lost: the waiter raises the flag and *then* evaluates its predicate; the signaller advances the sequence
    and *then* lowers the flag. That is a store→load hand-over on both sides, so both use an exchange, which is a full
    fence: either the waiter sees the advance, or the signaller sees the flag, takes the lock, and finds the waiter waiting.
    A plain store of the flag, or a plain look at it before the exchange, would lose wake-ups even on x86.
    (LMAX Disruptor, `LiteBlockingWaitStrategy`.)

    Args:
        memory: what provides the flag.
        host: what provides the condition.
    """

    is_blocking: ClassVar[bool] = True

    def __init__(self, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST) -> None:
        self._condition: Final = host.condition()
        self._own: Final = _Own(memory.cell(0), self._condition)

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Never times out. Woken by `signal_all_when_blocking`.

        The flag is raised again on every turn, because the signal that ended the last wait lowered it.
        """
        signal_needed = self._own.signal_needed
        with self._condition:
            while True:
                signal_needed.exchange(1)
                if (available := dependent.get()) >= sequence:
                    return available
                barrier.check_alert()
                self._condition.wait()

    def signal_all_when_blocking(self) -> None:
        """Wake every waiter, if there may be one. Any thread."""
        self._own.signal()

    def signaller(self) -> Callable[[], None]:
        """`signal_all_when_blocking` for the calling thread, over its own view of the flag."""
        return _signaller(self._own.signal_needed, self._condition)


class _Own(threading.local):
    """Each thread's own view of the flag: a fresh view at every signal would cost more than the lock it saves."""

    def __init__(self, signal_needed: Cell, condition: Condition) -> None:
        self.signal_needed: Final = signal_needed.view()
        self.signal: Final = _signaller(self.signal_needed, condition)


def _signaller(signal_needed: CellView, condition: Condition) -> Callable[[], None]:
    exchange = signal_needed.exchange

    def signal() -> None:
        # A signal that is interrupted, as by Ctrl-C, raises the flag again: raised needlessly it does no harm.
        try:
            if exchange(0):
                with condition:
                    condition.notify_all()
        except BaseException:
            exchange(1)
            raise

    return signal
