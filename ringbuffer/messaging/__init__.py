"""Messaging: queues, an event bus and a pipeline, over the standard library's queue or over the ring.

options = use_in_memory_queue(lambda queue: queue.use_ring_buffer_mode().with_buffer_size(4096))
with create_queue(options) as queue:
    queue.add_consumer(handle)
    queue.enqueue_sync(TransportEnvelope("order", b"..."))
"""

from ringbuffer.messaging.builder import InMemoryQueueOptionsBuilder, use_in_memory_queue
from ringbuffer.messaging.configuration import options_from_mapping, options_from_toml
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.environment import MODE_VARIABLE, with_environment
from ringbuffer.messaging.options import (
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
    make_wait_strategy,
)
from ringbuffer.messaging.queues import (
    ChannelQueue,
    CloseReport,
    Consumer,
    InMemoryQueue,
    MessageHandler,
    RingBufferQueue,
    create_queue,
)

__all__ = [
    "MODE_VARIABLE",
    "ChannelQueue",
    "CloseReport",
    "Consumer",
    "InMemoryQueue",
    "InMemoryQueueOptions",
    "InMemoryQueueOptionsBuilder",
    "MessageHandler",
    "ProducerMode",
    "QueueMode",
    "RingBufferQueue",
    "TransportEnvelope",
    "WaitStrategyKind",
    "create_queue",
    "make_wait_strategy",
    "options_from_mapping",
    "options_from_toml",
    "use_in_memory_queue",
    "with_environment",
]
