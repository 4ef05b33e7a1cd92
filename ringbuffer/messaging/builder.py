"""The fluent builders of options.

Use one as in `use_in_memory_queue(lambda queue: queue.use_ring_buffer_mode())`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self

from ringbuffer.messaging.options import (
    EventBusOptions,
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
)


class _OptionsBuilder[O: InMemoryQueueOptions | EventBusOptions]:
    """Collects options, and checks them together in `build`. One thread at a time.

    Each method returns the builder. The order of the calls does not matter. If an option is set
    twice, the last value counts.
    """

    _defaults: O

    def __init__(self) -> None:
        self._values: Final[dict[str, object]] = {}

    def use_channel_mode(self) -> Self:
        """Use queues under locks: the default."""
        return self._with("mode", QueueMode.CHANNEL)

    def use_ring_buffer_mode(self) -> Self:
        """Use the ring."""
        return self._with("mode", QueueMode.RING_BUFFER)

    def with_buffer_size(self, size: int) -> Self:
        """Limit how much waits at most: 1 or more, a power of two in ring mode."""
        return self._with("buffer_size", size)

    def with_wait_strategy(self, kind: WaitStrategyKind) -> Self:
        """Set how consumers wait, in ring mode."""
        return self._with("wait_strategy", kind)

    def with_producer_mode(self, mode: ProducerMode) -> Self:
        """Set how many threads enqueue or publish, in ring mode."""
        return self._with("producer_mode", mode)

    def build(self) -> O:
        """Build the options. The errors are those of their class."""
        built: O = replace(self._defaults, **self._values)  # type: ignore[arg-type]
        return built

    def _with(self, name: str, value: object) -> Self:
        self._values[name] = value
        return self


class InMemoryQueueOptionsBuilder(_OptionsBuilder[InMemoryQueueOptions]):
    """Collects the options of a queue, and checks them together in `build`. One thread at a time.

    Each method returns the builder. The order of the calls does not matter. If an option is set
    twice, the last value counts.
    """

    _defaults = InMemoryQueueOptions()

    def drop_when_full(self, drop: bool = True) -> Self:
        """Drop the oldest message when the queue is full, rather than wait. Channel mode only."""
        return self._with("drop_when_full", drop)


class EventBusOptionsBuilder(_OptionsBuilder[EventBusOptions]):
    """Collects the options of an event bus, as `InMemoryQueueOptionsBuilder` those of a queue."""

    _defaults = EventBusOptions()

    def with_runners(self, runners: int | None) -> Self:
        """Set the most threads that functions share, in ring mode. None is one for each core."""
        return self._with("runners", runners)


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


def use_event_bus(
    configure: Callable[[EventBusOptionsBuilder], object] = lambda bus: None,
) -> EventBusOptions:
    """As `use_in_memory_queue`, for `create_event_bus`."""
    builder = EventBusOptionsBuilder()
    configure(builder)
    return builder.build()
