"""`InMemoryQueueOptions`, `EventBusOptions`: what to create, and how; and their enumerations."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from ringbuffer.checks import check_integer, shown
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.memory.slot_limits import LARGEST
from ringbuffer.wait import (
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

#: The default size of a queue, and that of an event bus.
DEFAULT_BUFFER_SIZE: Final = 1024
DEFAULT_BUS_BUFFER_SIZE: Final = 4096

#: How long `WaitStrategyKind.TIMEOUT_BLOCKING` waits before it checks again, in seconds.
BLOCKING_TIMEOUT: Final = 1.0
#: How long `WaitStrategyKind.PHASED_BACKOFF` spins, and then yields, before it blocks, in seconds.
PHASE: Final = 100e-6


class _Spelled(enum.Enum):
    """Its members are found by their values in any spelling: `RingBuffer`, `ring-buffer`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        return next((each for each in cls if _plain(each.value) == _plain(value)), None)


def _plain(text: str) -> str:
    return "".join(each for each in text.lower() if each not in "_- ")


class QueueMode(_Spelled):
    """The implementation of a queue or an event bus."""

    #: Queues under locks: the default.
    CHANNEL = "channel"
    #: The ring.
    RING_BUFFER = "ring_buffer"


class WaitStrategyKind(_Spelled):
    """How the consumers of a ring wait; the strategies of `ringbuffer.wait`, by name."""

    BLOCKING = "blocking"
    TIMEOUT_BLOCKING = "timeout_blocking"
    LITE_BLOCKING = "lite_blocking"
    SLEEPING = "sleeping"
    YIELDING = "yielding"
    PHASED_BACKOFF = "phased_backoff"
    ADAPTIVE = "adaptive"
    BUSY_SPIN = "busy_spin"


class ProducerMode(_Spelled):
    """How many threads put messages into a ring."""

    #: One: the first thread that enqueues. A second one gets a `ProducerThreadError`.
    SINGLE = "single"
    #: Any number.
    MULTI = "multi"


#: The options whose values are members of an enumeration.
ENUMERATIONS: Final[dict[str, type[enum.Enum]]] = {
    "mode": QueueMode,
    "wait_strategy": WaitStrategyKind,
    "producer_mode": ProducerMode,
}


def make_wait_strategy(
    kind: WaitStrategyKind, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST
) -> WaitStrategy:
    """A new wait strategy of a kind.

    Raises:
        TypeError: `kind` is not a `WaitStrategyKind`.
    """
    if not isinstance(kind, WaitStrategyKind):
        raise TypeError(
            f"a wait strategy is made from a {_choice(WaitStrategyKind)}, not from {kind!r}"
        )
    makers: dict[WaitStrategyKind, Callable[[], WaitStrategy]] = {
        WaitStrategyKind.BLOCKING: lambda: BlockingWaitStrategy(host=host),
        WaitStrategyKind.TIMEOUT_BLOCKING: lambda: TimeoutBlockingWaitStrategy(
            BLOCKING_TIMEOUT, host=host
        ),
        WaitStrategyKind.LITE_BLOCKING: lambda: LiteBlockingWaitStrategy(memory=memory, host=host),
        WaitStrategyKind.SLEEPING: lambda: SleepingWaitStrategy(host=host),
        WaitStrategyKind.YIELDING: lambda: YieldingWaitStrategy(host=host),
        WaitStrategyKind.PHASED_BACKOFF: lambda: PhasedBackoffWaitStrategy.with_lite_lock(
            PHASE, PHASE, memory=memory, host=host
        ),
        WaitStrategyKind.ADAPTIVE: lambda: AdaptiveWaitStrategy(memory=memory, host=host),
        WaitStrategyKind.BUSY_SPIN: BusySpinWaitStrategy,
    }
    return makers[kind]()


@dataclass(frozen=True, slots=True)
class InMemoryQueueOptions:
    """The options of a queue, checked together when they are built. Immutable; any thread.

    Options for ring mode have no effect in Channel mode. So changing the mode alone is always
    enough to go back to Channel mode. Going to ring mode has two conditions. The number of slots of
    a ring is a power of two. And a ring cannot drop messages, because producers may use a slot
    again only after the consumer has passed it: ring mode refuses `drop_when_full`.

    Attributes:
        mode: the implementation of the queue.
        buffer_size: how many messages the queue holds at most, 1 or more; a power of two for a
            ring.
        drop_when_full: drop the oldest message when the queue is full, rather than wait. Channel
            mode only.
        wait_strategy: how consumers wait. Ring mode only.
        producer_mode: how many threads enqueue. Ring mode only.

    Raises:
        TypeError: a value has another type.
        ValueError: `buffer_size` is out of range, or it is not a power of two in ring mode; or
            `drop_when_full` is True in ring mode.
    """

    #: The first part of the environment variables that override the options.
    variables: ClassVar[str] = "RINGBUFFER_QUEUE_"

    mode: QueueMode = QueueMode.CHANNEL
    buffer_size: int = DEFAULT_BUFFER_SIZE
    drop_when_full: bool = False
    wait_strategy: WaitStrategyKind = WaitStrategyKind.ADAPTIVE
    producer_mode: ProducerMode = ProducerMode.MULTI

    def __post_init__(self) -> None:
        if not isinstance(self.drop_when_full, bool):
            raise TypeError(f"drop_when_full must be True or False, not {self.drop_when_full!r}")
        _check_options(self)
        if self.mode is QueueMode.RING_BUFFER and self.drop_when_full:
            raise ValueError(
                "drop_when_full=True, but a queue in ring mode cannot drop messages: "
                "it waits for free capacity. "
                "Use Channel mode, or leave drop_when_full out and enqueue with a timeout"
            )


@dataclass(frozen=True, slots=True)
class EventBusOptions:
    """The options of an event bus, checked together when they are built. Immutable; any thread.

    As for queues, options for ring mode have no effect in Channel mode, so changing the mode alone
    is always enough to go back to it.

    Attributes:
        mode: the implementation of the bus.
        buffer_size: how many events the slowest handler may be behind, 1 or more; a power of two
            for a ring.
        wait_strategy: how handlers wait. Ring mode only.
        producer_mode: how many threads publish. Ring mode only.
        runners: the most threads that call functions, without those that block; None is one for
            each processor core, and 0 gives each function a thread of its own. Ring mode only.

    Raises:
        TypeError: a value has another type.
        ValueError: `buffer_size` is out of range, or it is not a power of two in ring mode; or
            `runners` is negative.
    """

    #: The first part of the environment variables that override the options.
    variables: ClassVar[str] = "RINGBUFFER_EVENT_BUS_"

    mode: QueueMode = QueueMode.CHANNEL
    buffer_size: int = DEFAULT_BUS_BUFFER_SIZE
    wait_strategy: WaitStrategyKind = WaitStrategyKind.ADAPTIVE
    producer_mode: ProducerMode = ProducerMode.MULTI
    runners: int | None = None

    def __post_init__(self) -> None:
        _check_options(self)
        object.__setattr__(self, "runners", check_runners(self.runners))


def check_runners(runners: int | None) -> int | None:
    """Check the option `runners`, and return it as an `int`, or None.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is negative.
    """
    if runners is None:
        return None
    runners = check_integer("runners", runners)
    if runners < 0:
        raise ValueError(
            f"runners must be 0 or more, not {shown(runners)}: 0 gives each function a thread of "
            f"its own"
        )
    return runners


def _check_options(options: InMemoryQueueOptions | EventBusOptions) -> None:
    """Check what queues and buses have in common."""
    for name, kind in ENUMERATIONS.items():
        if not isinstance(value := getattr(options, name), kind):
            raise TypeError(f"{name} must be a {_choice(kind)}, not {value!r}")
    size = check_integer("buffer_size", options.buffer_size)
    object.__setattr__(options, "buffer_size", size)
    if not 1 <= size <= LARGEST:
        raise ValueError(f"buffer_size must be from 1 to {LARGEST:,}, not {shown(size)}")
    if options.mode is QueueMode.RING_BUFFER and size & (size - 1):
        raise ValueError(
            f"buffer_size must be a power of two in ring mode, not {size!r}; "
            f"the next one is {1 << size.bit_length()}"
        )


def _choice(kind: type[enum.Enum]) -> str:
    """The name and the members of an enumeration, for an error message."""
    return f"{kind.__name__}: {', '.join(each.name for each in kind)}"
