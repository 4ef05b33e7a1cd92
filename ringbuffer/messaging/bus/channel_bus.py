"""`ChannelEventBus`: a queue to each handler, and each handler in its own thread. The default.

                  .--> channel --> thread of handler A
    publishers ---+--> channel --> thread of handler B     an event goes into the channels of all
                  '--> channel --> task of handler C       handlers that want it, or into none

All publishers share one lock, so all handlers see the events in one order, as in a ring.
"""

from typing import Final

from ringbuffer.checks import Duration, check_at_least_one
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.bus.bus_handlers import BusHandlers
from ringbuffer.messaging.bus.composed_bus import ComposedEventBus
from ringbuffer.messaging.bus.transports.channel_transport import ChannelTransport
from ringbuffer.messaging.pipeline import Pipeline

#: The most events that wait for each handler, unless the caller says otherwise.
DEFAULT_CAPACITY: Final = 4096


class ChannelEventBus(ComposedEventBus):
    """An event bus of queues. Any thread. `EventBus` describes its methods.

    Args:
        capacity: the most events that wait for each handler, 1 or more.
        pipeline: the stages around every handler that has no pipeline of its own.
        name: the name of the bus, and of its threads.
        grace, drain_at_exit: see `RingBufferEventBus`.
        host: what provides locks, threads and time.

    Raises:
        ValueError, TypeError: `capacity` is not a number of events.
    """

    def __init__(
        self,
        capacity: int = DEFAULT_CAPACITY,
        *,
        pipeline: Pipeline | None = None,
        name: str = "event bus",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if capacity is None:
            raise TypeError(
                "capacity must be an integer, 1 or more: "
                "a bus whose handlers cannot keep up would grow forever"
            )
        self._capacity: Final = check_at_least_one("capacity", capacity)
        handlers = BusHandlers(self, name, host)
        transport = ChannelTransport(self._capacity, handlers)
        super().__init__(handlers, transport, pipeline, grace, drain_at_exit)

    @property
    def capacity(self) -> int:
        """The most events that wait for each handler."""
        return self._capacity
