"""Messaging: queues, event buses and pipelines, on locked queues or on the ring.

options = use_in_memory_queue(lambda queue: queue.use_ring_buffer_mode().with_buffer_size(4096))
with create_queue(options) as queue:
    queue.add_consumer(handle)
    queue.enqueue_sync(TransportEnvelope("order", b"..."))
"""

from typing import TYPE_CHECKING

from ringbuffer.lazy import lazy_names
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
    DeadLetters,
    DeadLetterStatistics,
    UnreadableMessage,
)
from ringbuffer.messaging.delivery import Delivery, Identity
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.environment import MODE_VARIABLE, with_environment
from ringbuffer.messaging.message_handler import (
    HandlesMessageBatches,
    HandlesMessages,
    MessageBatchHandler,
    MessageHandler,
)
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
    Deduplication,
    DuplicateInProgressError,
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
    Acknowledgement,
    ChannelQueue,
    CloseReport,
    Consumer,
    InMemoryQueue,
    LockedDelivery,
    LockTimeoutError,
    RejectedError,
    RingBufferQueue,
    UnacknowledgedError,
    create_queue,
)

_SQLITE = "ringbuffer.messaging.dead_letters.sqlite_dead_letters"
_CODEC = "ringbuffer.messaging.dead_letters.message_codec"
if TYPE_CHECKING:
    from ringbuffer.messaging.dead_letters.message_codec import JsonCodec, MessageCodec
    from ringbuffer.messaging.dead_letters.sqlite_dead_letters import (
        DeadLetterFileError,
        SqliteDeadLetters,
    )
else:  # they load sqlite3 and json
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            **dict.fromkeys(("DeadLetterFileError", "SqliteDeadLetters"), _SQLITE),
            **dict.fromkeys(("JsonCodec", "MessageCodec"), _CODEC),
        },
    )

__all__ = [
    "MODE_VARIABLE",
    "Acknowledgement",
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
    "DeadLetterFileError",
    "DeadLetterQueue",
    "DeadLetterStatistics",
    "DeadLetters",
    "Deduplication",
    "Delivery",
    "DuplicateInProgressError",
    "ErrorHandling",
    "EventBus",
    "EventBusOptions",
    "EventBusOptionsBuilder",
    "ExpiredError",
    "Expiry",
    "HandlerMetrics",
    "HandlerTimes",
    "HandlesMessageBatches",
    "HandlesMessages",
    "HandlingTimeoutError",
    "Identity",
    "InMemoryQueue",
    "InMemoryQueueOptions",
    "InMemoryQueueOptionsBuilder",
    "JsonCodec",
    "LockTimeoutError",
    "LockedDelivery",
    "Logging",
    "MessageBatchHandler",
    "MessageCodec",
    "MessageHandler",
    "Metrics",
    "Pipeline",
    "PipelineConsumer",
    "ProducerMode",
    "PublishResult",
    "QueueMode",
    "RejectedError",
    "Retry",
    "RetryPolicy",
    "RingBufferEventBus",
    "RingBufferQueue",
    "SqliteDeadLetters",
    "Stage",
    "Subscription",
    "TransportEnvelope",
    "UnacknowledgedError",
    "UnreadableMessage",
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
