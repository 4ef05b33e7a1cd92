"""`InMemoryQueueOptions`: which queue to make, and how; and the names that its values have."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.sequencer.sequencer import LARGEST
from ringbuffer.wait import (
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)

#: Slots in a queue that nobody has said the size of.
DEFAULT_BUFFER_SIZE: Final = 1024

#: How long `WaitStrategyKind.TIMEOUT_BLOCKING` waits before it looks again, in seconds.
BLOCKING_TIMEOUT: Final = 1.0
#: How long `WaitStrategyKind.PHASED_BACKOFF` spins, and then yields, before it blocks, in seconds.
PHASE: Final = 100e-6


class QueueMode(enum.Enum):
    """What a queue is built on."""

    #: The standard library's queue: the default.
    CHANNEL = "channel"
    #: The ring.
    RING_BUFFER = "ring_buffer"


class WaitStrategyKind(enum.Enum):
    """How the consumers of a ring wait; the strategies of `ringbuffer.wait`, by name."""

    BLOCKING = "blocking"
    TIMEOUT_BLOCKING = "timeout_blocking"
    LITE_BLOCKING = "lite_blocking"
    SLEEPING = "sleeping"
    YIELDING = "yielding"
    PHASED_BACKOFF = "phased_backoff"
    BUSY_SPIN = "busy_spin"


class ProducerMode(enum.Enum):
    """How many threads put messages into a ring."""

    #: One: the first that does. A second thread gets a `ProducerThreadError`.
    SINGLE = "single"
    #: Any number.
    MULTI = "multi"


def make_wait_strategy(kind: WaitStrategyKind, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST) -> WaitStrategy:
    """A new wait strategy of a kind.

    Raises:
        TypeError: `kind` is no `WaitStrategyKind`.
    """
    if not isinstance(kind, WaitStrategyKind):
        raise TypeError(f"a wait strategy is made from a {_choice(WaitStrategyKind)}, not from {kind!r}")
    makers: dict[WaitStrategyKind, Callable[[], WaitStrategy]] = {
        WaitStrategyKind.BLOCKING: lambda: BlockingWaitStrategy(host=host),
        WaitStrategyKind.TIMEOUT_BLOCKING: lambda: TimeoutBlockingWaitStrategy(BLOCKING_TIMEOUT, host=host),
        WaitStrategyKind.LITE_BLOCKING: lambda: LiteBlockingWaitStrategy(memory=memory, host=host),
        WaitStrategyKind.SLEEPING: lambda: SleepingWaitStrategy(host=host),
        WaitStrategyKind.YIELDING: lambda: YieldingWaitStrategy(host=host),
        WaitStrategyKind.PHASED_BACKOFF: lambda: PhasedBackoffWaitStrategy.with_lite_lock(
            PHASE, PHASE, memory=memory, host=host
        ),
        WaitStrategyKind.BUSY_SPIN: BusySpinWaitStrategy,
    }
    return makers[kind]()


@dataclass(frozen=True, slots=True)
class InMemoryQueueOptions:
    """Which queue to make; checked as a whole when it is built. Immutable; any thread.

    What only a ring knows has no effect in Channel mode, so that a change of the mode alone is always the way back. The other
    direction has two conditions. A ring has a power of two of slots. And it gives a slot away only when a consumer has
    passed it, so it cannot drop: rather than do something else silently, `drop_when_full` is refused.

    Attributes:
        mode: what the queue is built on.
        buffer_size: how many messages wait at most, 1 or more; a power of two for a ring.
        drop_when_full: drop the oldest message when the queue is full, rather than wait. Channel mode only.
        wait_strategy: how consumers wait. Ring mode only.
        producer_mode: how many threads enqueue. Ring mode only.

    Raises:
        TypeError: a value is of another type.
        ValueError: `buffer_size` is out of range, or no power of two for a ring; or a ring is to drop.
    """

    mode: QueueMode = QueueMode.CHANNEL
    buffer_size: int = DEFAULT_BUFFER_SIZE
    drop_when_full: bool = False
    wait_strategy: WaitStrategyKind = WaitStrategyKind.SLEEPING
    producer_mode: ProducerMode = ProducerMode.MULTI

    def __post_init__(self) -> None:
        kinds = (("mode", QueueMode), ("wait_strategy", WaitStrategyKind), ("producer_mode", ProducerMode))
        for name, kind in kinds:
            if not isinstance(value := getattr(self, name), kind):
                raise TypeError(f"{name} must be a {_choice(kind)}, not {value!r}")
        if not isinstance(self.drop_when_full, bool):
            raise TypeError(f"drop_when_full must be True or False, not {self.drop_when_full!r}")
        size = self.buffer_size
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"buffer_size must be an integer, not {size!r}")
        if not 1 <= size <= LARGEST:
            raise ValueError(f"buffer_size must be from 1 to {LARGEST:,}, not {size!r}")
        if self.mode is not QueueMode.RING_BUFFER:
            return
        if size & (size - 1):
            raise ValueError(
                f"buffer_size must be a power of two in ring mode, not {size!r}; the next one is {1 << size.bit_length()}"
            )
        if self.drop_when_full:
            raise ValueError(
                "drop_when_full=True, but a queue in ring mode cannot drop: it waits until there is room. "
                "Use Channel mode, or leave drop_when_full out and enqueue with a timeout"
            )


def _choice(kind: type[enum.Enum]) -> str:
    """The members of an enumeration, for a message."""
    return f"{kind.__name__}: {', '.join(each.name for each in kind)}"
