"""Messaging: queues, event buses and pipelines, on locked queues or on the ring.

options = use_in_memory_queue(lambda queue: queue.use_ring_buffer_mode().with_buffer_size(4096))
with create_queue(options) as queue:
    queue.add_consumer(handle)
    queue.enqueue_sync(TransportEnvelope("order", b"..."))
"""

from ringbuffer.messaging.builder import (
    EventBusOptionsBuilder,
    InMemoryQueueOptionsBuilder,
    use_event_bus,
    use_in_memory_queue,
)
from ringbuffer.messaging.bus import (
    BusClosedError,
    BusCloseReport,
    BusMetrics,
    ChannelEventBus,
    EventBus,
    HandlerMetrics,
    HandlingTimeoutError,
    PublishResult,
    RingBufferEventBus,
    Subscription,
    UnsubscribedError,
    create_event_bus,
)
from ringbuffer.messaging.configuration import options_from_mapping, options_from_toml
from ringbuffer.messaging.dead_letters import (
    DeadLetter,
    DeadLetterQueue,
)
from ringbuffer.messaging.delivery import (
    Delivery,
    Identity,
)
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.environment import MODE_VARIABLE, with_environment
from ringbuffer.messaging.message_handler import HandlesMessages, MessageHandler
from ringbuffer.messaging.options import (
    EventBusOptions,
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    WaitStrategyKind,
    make_wait_strategy,
)
from ringbuffer.messaging.pipeline import (
    AsyncPipelineConsumer,
    ConsumerClosedError,
    Correlation,
    ErrorHandling,
    ExpiredError,
    Expiry,
    HandlerTimes,
    Logging,
    Metrics,
    Pipeline,
    PipelineConsumer,
    Retry,
    RetryPolicy,
    Stage,
    Validation,
    ValidationError,
    caused_by_current,
    current_delivery,
)
from ringbuffer.messaging.queues import (
    ChannelQueue,
    CloseReport,
    Consumer,
    InMemoryQueue,
    RingBufferQueue,
    create_queue,
)

__all__ = [
    "MODE_VARIABLE",
    "AsyncPipelineConsumer",
    "BusCloseReport",
    "BusClosedError",
    "BusMetrics",
    "ChannelEventBus",
    "ChannelQueue",
    "CloseReport",
    "Consumer",
    "ConsumerClosedError",
    "Correlation",
    "DeadLetter",
    "DeadLetterQueue",
    "Delivery",
    "ErrorHandling",
    "EventBus",
    "EventBusOptions",
    "EventBusOptionsBuilder",
    "ExpiredError",
    "Expiry",
    "HandlerMetrics",
    "HandlerTimes",
    "HandlesMessages",
    "HandlingTimeoutError",
    "Identity",
    "InMemoryQueue",
    "InMemoryQueueOptions",
    "InMemoryQueueOptionsBuilder",
    "Logging",
    "MessageHandler",
    "Metrics",
    "Pipeline",
    "PipelineConsumer",
    "ProducerMode",
    "PublishResult",
    "QueueMode",
    "Retry",
    "RetryPolicy",
    "RingBufferEventBus",
    "RingBufferQueue",
    "Stage",
    "Subscription",
    "TransportEnvelope",
    "UnsubscribedError",
    "Validation",
    "ValidationError",
    "WaitStrategyKind",
    "caused_by_current",
    "create_event_bus",
    "create_queue",
    "current_delivery",
    "make_wait_strategy",
    "options_from_mapping",
    "options_from_toml",
    "use_event_bus",
    "use_in_memory_queue",
    "with_environment",
]
