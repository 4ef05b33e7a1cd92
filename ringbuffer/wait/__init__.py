"""Wait strategies: how a consumer spends the time until there is something to do.

| strategy | idle processor time | latency | what wakes the waiting thread |
|---|---|---|---|
| `BusySpinWaitStrategy` | a core | lowest | itself |
| `YieldingWaitStrategy` | a core, unless another thread wants it | low | itself |
| `PhasedBackoffWaitStrategy` | the fallback's | low under load | as the fallback |
| `SleepingWaitStrategy` | a fifth of a core | about 100 µs after idling | itself |
| `AdaptiveWaitStrategy` | none | low under load | itself, or a signal, sent only when needed |
| `LiteBlockingWaitStrategy` | none | a context switch | a signal, sent only when needed |
| `BlockingWaitStrategy` | none | a context switch | a signal |
| `TimeoutBlockingWaitStrategy` | none | a context switch | a signal, or the time |
"""

from ringbuffer.wait.adaptive import AdaptiveWaitStrategy
from ringbuffer.wait.blocking import BlockingWaitStrategy
from ringbuffer.wait.busy_spin import BusySpinWaitStrategy
from ringbuffer.wait.lite_blocking import LiteBlockingWaitStrategy
from ringbuffer.wait.phased_backoff import PhasedBackoffWaitStrategy
from ringbuffer.wait.signal import Signal, Steps, followed_by, steps_of
from ringbuffer.wait.sleeping import SleepingWaitStrategy
from ringbuffer.wait.strategy import (
    Alertable,
    AlertableView,
    ReadableView,
    WaitStrategy,
    bind_signal,
    bind_wait,
)
from ringbuffer.wait.timeout_blocking import TimeoutBlockingWaitStrategy
from ringbuffer.wait.yielding import YieldingWaitStrategy

__all__ = [
    "AdaptiveWaitStrategy",
    "Alertable",
    "AlertableView",
    "BlockingWaitStrategy",
    "BusySpinWaitStrategy",
    "LiteBlockingWaitStrategy",
    "PhasedBackoffWaitStrategy",
    "ReadableView",
    "Signal",
    "SleepingWaitStrategy",
    "Steps",
    "TimeoutBlockingWaitStrategy",
    "WaitStrategy",
    "YieldingWaitStrategy",
    "bind_signal",
    "bind_wait",
    "followed_by",
    "steps_of",
]
