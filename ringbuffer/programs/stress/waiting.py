"""All wait strategies, by name."""

from collections.abc import Callable

from ringbuffer import WaitStrategy
from ringbuffer.host import Host
from ringbuffer.wait import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    YieldingWaitStrategy,
)

WAITING: dict[str, Callable[[Host], WaitStrategy]] = {
    "busy spin": lambda host: BusySpinWaitStrategy(),
    "yielding": lambda host: YieldingWaitStrategy(host=host),
    "sleeping": lambda host: SleepingWaitStrategy(host=host),
    "blocking": lambda host: BlockingWaitStrategy(host=host),
    "adaptive": lambda host: AdaptiveWaitStrategy(host=host),
    "lite blocking": lambda host: LiteBlockingWaitStrategy(host=host),
    "timeout blocking": lambda host: TimeoutBlockingWaitStrategy(0.002, host=host),
    "phased backoff": lambda host: PhasedBackoffWaitStrategy.with_lite_lock(
        50e-6, 50e-6, host=host
    ),
}
