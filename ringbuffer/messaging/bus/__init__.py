"""Event buses: every event to every handler that wants it."""

from ringbuffer.messaging.bus.channel_bus import ChannelEventBus
from ringbuffer.messaging.bus.event_bus import EventBus
from ringbuffer.messaging.bus.metrics import BusCloseReport, BusMetrics, HandlerMetrics
from ringbuffer.messaging.bus.results import BusClosedError, HandlingTimeoutError, PublishResult, UnsubscribedError
from ringbuffer.messaging.bus.ring_bus import RingBufferEventBus
from ringbuffer.messaging.bus.subscription import Subscription

__all__ = [
    "BusCloseReport",
    "BusClosedError",
    "BusMetrics",
    "ChannelEventBus",
    "EventBus",
    "HandlerMetrics",
    "HandlingTimeoutError",
    "PublishResult",
    "RingBufferEventBus",
    "Subscription",
    "UnsubscribedError",
]
