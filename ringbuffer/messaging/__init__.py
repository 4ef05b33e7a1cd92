"""Messaging: queues, an event bus and a pipeline, over the standard library's queue or over the ring."""

from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.options import (
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
    make_wait_strategy,
)

__all__ = [
    "InMemoryQueueOptions",
    "ProducerMode",
    "QueueMode",
    "TransportEnvelope",
    "WaitStrategyKind",
    "make_wait_strategy",
]
