"""What the scenarios share: the time they have, the shapes they draw, and what they report.

`RINGBUFFER_STRESS_SECONDS` is the budget of all scenarios together (default 10);
`RINGBUFFER_STRESS_SEED` repeats the shapes of a run. Each scenario runs at least once, however
small the budget.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

from ringbuffer import WaitStrategy
from ringbuffer.wait import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    YieldingWaitStrategy,
)

SECONDS = float(os.environ.get("RINGBUFFER_STRESS_SECONDS", "10"))
SEED = int(os.environ.get("RINGBUFFER_STRESS_SEED", str(time.time_ns() % 1_000_000)))
SCENARIOS = 8
REPORT: Counter[str] = Counter()

# Busy spinning is left to the unit tests: with more threads than cores it measures the scheduler's
# time slice.
STRATEGIES: list[Callable[[], WaitStrategy]] = [
    YieldingWaitStrategy,
    SleepingWaitStrategy,
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    lambda: TimeoutBlockingWaitStrategy(0.005),
    lambda: PhasedBackoffWaitStrategy.with_lite_lock(50e-6, 50e-6),
]


def rounds() -> Iterator[random.Random]:
    """A generator of shapes for each round, for this scenario's share of the time; at least one."""
    deadline = time.monotonic() + SECONDS / SCENARIOS
    number = 0
    while number == 0 or time.monotonic() < deadline:
        yield random.Random(SEED + number)
        REPORT["rounds"] += 1
        number += 1
