"""`ChannelEventBus`: a queue to each handler, and each handler in its own thread. The default.

                  .--> channel --> thread of handler A
    publishers ---+--> channel --> thread of handler B     an event goes into the channels of all
                  '--> channel --> task of handler C       handlers that want it, or into none

All publishers share one lock, so all handlers see the events in one order, as in a ring.
"""

from typing import Final

from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.bus.bus_handlers import BusHandlers
from ringbuffer.messaging.bus.composed_bus import ComposedEventBus
from ringbuffer.messaging.bus.transports.channel_transport import ChannelTransport
from ringbuffer.messaging.options import (
    DEFAULT_BUS_BUFFER_SIZE,
    EventBusOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
)
from ringbuffer.messaging.pipeline import Pipeline


class ChannelEventBus(ComposedEventBus):
    """An event bus of queues. Any thread. `EventBus` describes its methods.

    Args:
        buffer_size: the most events that wait for each handler, 1 or more.
        wait_strategy, producer_mode, runners, memory: checked, and without effect here. So a change
            of the class alone is enough to come back from `RingBufferEventBus`.
        pipeline: the stages around every handler that has no pipeline of its own.
        name: the name of the bus, and of its threads.
        grace, drain_at_exit: see `create_event_bus`.
        host: what provides locks, threads and time.

    Raises:
        ValueError, TypeError: see `EventBusOptions`.
    """

    def __init__(
        self,
        buffer_size: int = DEFAULT_BUS_BUFFER_SIZE,
        *,
        wait_strategy: WaitStrategyKind = WaitStrategyKind.ADAPTIVE,
        producer_mode: ProducerMode = ProducerMode.MULTI,
        pipeline: Pipeline | None = None,
        name: str = "event bus",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        runners: int | None = None,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        mode = QueueMode.CHANNEL
        options = EventBusOptions(mode, buffer_size, wait_strategy, producer_mode, runners)
        self._buffer_size: Final = options.buffer_size
        handlers = BusHandlers(self, name, host)
        transport = ChannelTransport(self._buffer_size, handlers)
        super().__init__(handlers, transport, pipeline, grace, drain_at_exit)

    @property
    def buffer_size(self) -> int:
        """The most events that wait for each handler."""
        return self._buffer_size
