"""Event buses: each event goes to every handler that subscribed to its class."""

from ringbuffer.messaging.bus.bus_metrics import BusCloseReport, BusMetrics, HandlerMetrics
from ringbuffer.messaging.bus.channel_bus import ChannelEventBus
from ringbuffer.messaging.bus.create import create_event_bus
from ringbuffer.messaging.bus.event_bus import EventBus
from ringbuffer.messaging.bus.results import (
    BusClosedError,
    HandlingTimeoutError,
    PublishResult,
    UnsubscribedError,
)
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
    "create_event_bus",
]
