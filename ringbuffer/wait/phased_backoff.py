"""`PhasedBackoffWaitStrategy`: spin for a time, yield for a time, then use another strategy."""

from collections.abc import Callable
from typing import Final, Self

from ringbuffer.checks import Duration, check_duration
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Readable
from ringbuffer.wait.blocking import BlockingWaitStrategy
from ringbuffer.wait.lite_blocking import LiteBlockingWaitStrategy
from ringbuffer.wait.sleeping import SleepingWaitStrategy
from ringbuffer.wait.strategy import Alertable, WaitStrategy, bind_signal


class PhasedBackoffWaitStrategy(OneProcess):
    """Spin, then yield, each for a given time; then use a fallback strategy.

    Its latency is low under load. When idle it costs what the fallback costs. (LMAX Disruptor,
    `PhasedBackoffWaitStrategy`.)

    Args:
        spin_seconds: how long to spin.
        yield_seconds: how long to yield after that.
        fallback: the strategy that waits when both have passed.
        host: what yields and provides the clock.
    """

    #: Iterations between two reads of the clock while spinning.
    SPIN_TRIES: Final = 1000

    def __init__(
        self,
        spin_seconds: Duration,
        yield_seconds: Duration,
        fallback: WaitStrategy,
        *,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._spin_seconds: Final = check_duration("spin_seconds", spin_seconds)
        self._yield_seconds: Final = check_duration("yield_seconds", yield_seconds)
        self._fallback: Final = fallback
        self._host: Final = host

    @classmethod
    def with_lock(
        cls, spin_seconds: Duration, yield_seconds: Duration, *, host: Host = SYSTEM_HOST
    ) -> Self:
        """Fall back to a `BlockingWaitStrategy`."""
        return cls(spin_seconds, yield_seconds, BlockingWaitStrategy(host=host), host=host)

    @classmethod
    def with_lite_lock(
        cls,
        spin_seconds: Duration,
        yield_seconds: Duration,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> Self:
        """Fall back to a `LiteBlockingWaitStrategy`."""
        return cls(
            spin_seconds,
            yield_seconds,
            LiteBlockingWaitStrategy(memory=memory, host=host),
            host=host,
        )

    @classmethod
    def with_sleep(
        cls, spin_seconds: Duration, yield_seconds: Duration, *, host: Host = SYSTEM_HOST
    ) -> Self:
        """Fall back to a `SleepingWaitStrategy` that neither spins nor yields."""
        return cls(spin_seconds, yield_seconds, SleepingWaitStrategy(0, 0, host=host), host=host)

    @property
    def is_blocking(self) -> bool:
        """Whether the fallback needs signals."""
        return self._fallback.is_blocking

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Times out if the fallback does."""
        host = self._host
        started: float | None = None
        spins = self.SPIN_TRIES
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
            spins -= 1
            if spins > 0:
                continue
            spins = self.SPIN_TRIES
            now = host.monotonic()
            if started is None:
                started = now
            elif now - started > self._spin_seconds + self._yield_seconds:
                return self._fallback.wait_for(sequence, cursor, dependent, barrier)
            elif now - started > self._spin_seconds:
                host.yield_now()
                spins = 1
        return available

    def signal_all_when_blocking(self) -> None:
        """Wake every thread that waits in the fallback. Any thread."""
        self._fallback.signal_all_when_blocking()

    def signaller(self) -> Callable[[], None]:
        """`signal_all_when_blocking` for the calling thread."""
        return bind_signal(self._fallback) or self.signal_all_when_blocking
