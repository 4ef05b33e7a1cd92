"""Every wait strategy, for the tests that all of them must pass."""

from collections.abc import Callable

import pytest

from ringbuffer import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)

STRATEGIES: dict[str, Callable[[], WaitStrategy]] = {
    "busy-spin": BusySpinWaitStrategy,
    "yielding": YieldingWaitStrategy,
    "sleeping": SleepingWaitStrategy,
    "blocking": BlockingWaitStrategy,
    "adaptive": AdaptiveWaitStrategy,
    "lite-blocking": LiteBlockingWaitStrategy,
    "timeout-blocking": lambda: TimeoutBlockingWaitStrategy(50.0),
    "phased-lock": lambda: PhasedBackoffWaitStrategy.with_lock(1e-6, 1e-6),
    "phased-lite-lock": lambda: PhasedBackoffWaitStrategy.with_lite_lock(1e-6, 1e-6),
    "phased-timeout": lambda: PhasedBackoffWaitStrategy(
        1e-6, 1e-6, TimeoutBlockingWaitStrategy(50.0)
    ),
    "phased-sleep": lambda: PhasedBackoffWaitStrategy.with_sleep(1e-6, 1e-6),
}

each_strategy = pytest.mark.parametrize("make", STRATEGIES.values(), ids=STRATEGIES)
BLOCKING = {name: make for name, make in STRATEGIES.items() if make().is_blocking}
each_blocking_strategy = pytest.mark.parametrize("make", BLOCKING.values(), ids=BLOCKING)
