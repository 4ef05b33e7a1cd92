"""Every wait strategy: its throughput, and its cost.

    P --> [ ring of pre-allocated events ] --> C waits by each strategy

`cpu` is the processor time of both threads for each event. `idle` is the processor time of a
waiting consumer while nothing is published, in percent of a core.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

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
from ringbuffer.programs.bench.events import keep_event
from ringbuffer.programs.bench.rings import disruptor_of_events, publish_each, run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import payload, verify

STRATEGIES: Final[dict[str, Callable[[], WaitStrategy]]] = {
    "busy spin": BusySpinWaitStrategy,
    "yielding": YieldingWaitStrategy,
    "sleeping": SleepingWaitStrategy,
    "phased backoff": lambda: PhasedBackoffWaitStrategy.with_lite_lock(100e-6, 100e-6),
    "adaptive": AdaptiveWaitStrategy,
    "lite blocking": LiteBlockingWaitStrategy,
    "blocking": BlockingWaitStrategy,
    "timeout blocking": lambda: TimeoutBlockingWaitStrategy(0.1),
}

IDLE_SECONDS = 0.1


def idle_percent(wait_strategy: WaitStrategy, seconds: float = IDLE_SECONDS) -> float:
    """What a consumer that waits for `seconds` uses, in percent of a core."""
    waiting = threading.Event()
    disruptor = disruptor_of_events(1, wait_strategy)

    class Consumer:
        def on_start(self) -> None:
            waiting.set()

        def on_event(self, event: object, sequence: int, end_of_batch: bool) -> None:
            raise AssertionError("nothing is published")

    disruptor.handle_events_with(Consumer())
    with disruptor:
        waiting.wait()
        processor, begin = time.process_time(), time.perf_counter()
        threading.Event().wait(seconds)
        used, passed = time.process_time() - processor, time.perf_counter() - begin
    return used / passed * 100


def ours(count: int, make: Callable[[], WaitStrategy]) -> Measurement:
    """One run with a strategy."""
    values = payload(count)
    seen, on_event = keep_event()
    disruptor = disruptor_of_events(1, make())
    disruptor.handle_events_with(on_event)
    measured = run(disruptor, publish_each(disruptor.ring, values), deliveries=count)
    verify("ringbuffer", seen, values)
    return Measurement({**measured.figures, "idle": idle_percent(make())})


def contender(name: str, make: Callable[[], WaitStrategy]) -> Contender:
    """One strategy."""
    return Contender(name, lambda count: ours(count, make))


def scenario() -> Scenario:
    """All strategies."""
    return Scenario(
        "wait_strategies",
        __doc__,
        "rate",
        tuple(contender(name, make) for name, make in STRATEGIES.items()),
    )
