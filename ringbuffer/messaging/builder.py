"""The fluent builder of queue options.

Use it as in `use_in_memory_queue(lambda queue: queue.use_ring_buffer_mode())`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self

from ringbuffer.messaging.options import (
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
)


class InMemoryQueueOptionsBuilder:
    """Collects options, and checks them together in `build`. One thread at a time.

    Each method returns the builder. The order of the calls does not matter. If an option is set
    twice, the last value counts.
    """

    def __init__(self) -> None:
        self._values: Final[dict[str, object]] = {}

    def use_channel_mode(self) -> Self:
        """Use the standard library's queue: the default."""
        return self._with("mode", QueueMode.CHANNEL)

    def use_ring_buffer_mode(self) -> Self:
        """Use the ring."""
        return self._with("mode", QueueMode.RING_BUFFER)

    def with_buffer_size(self, size: int) -> Self:
        """Limit how many messages the queue holds: 1 or more, a power of two in ring mode."""
        return self._with("buffer_size", size)

    def with_wait_strategy(self, kind: WaitStrategyKind) -> Self:
        """Set how consumers wait, in ring mode."""
        return self._with("wait_strategy", kind)

    def with_producer_mode(self, mode: ProducerMode) -> Self:
        """Set how many threads enqueue, in ring mode."""
        return self._with("producer_mode", mode)

    def drop_when_full(self, drop: bool = True) -> Self:
        """Drop the oldest message when the queue is full, rather than wait. Channel mode only."""
        return self._with("drop_when_full", drop)

    def build(self) -> InMemoryQueueOptions:
        """Build the options. The errors are those of `InMemoryQueueOptions`."""
        return replace(InMemoryQueueOptions(), **self._values)  # type: ignore[arg-type]

    def _with(self, name: str, value: object) -> Self:
        self._values[name] = value
        return self


def use_in_memory_queue(
    configure: Callable[[InMemoryQueueOptionsBuilder], object] = lambda queue: None,
) -> InMemoryQueueOptions:
    """Builds options with a function that configures a builder.

    Args:
        configure: called with a new builder; its result is not used.

    Returns:
        The options that the builder has built, for `create_queue`.

    Raises:
        TypeError: a value has another type.
        ValueError: the options contradict each other, see `InMemoryQueueOptions`.
    """
    builder = InMemoryQueueOptionsBuilder()
    configure(builder)
    return builder.build()
