"""A Disruptor for free-threaded Python: threads exchange events through a pre-allocated ring.

    disruptor = Disruptor(Order, 1024)
    disruptor.handle_events_with(journal, replicate).then(execute)
    with disruptor:
        disruptor.publish_event(fill, 101.5)

Importing this package never switches the GIL on. Names that need asyncio load it at their first
use.
"""

from typing import TYPE_CHECKING

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.disruptor import Disruptor, EventHandlerGroup, HandlerSpec
from ringbuffer.ending import Grace
from ringbuffer.errors import (
    AlertError,
    ClaimTimeoutError,
    ConsumerFailedError,
    DeadlockError,
    ForkedProcessError,
    InsufficientCapacityError,
    MemoryBindingError,
    ProcessorStateError,
    ProducerDiedError,
    ProducerThreadError,
    PublicationError,
    RingBufferClosedError,
    RingBufferError,
    SeatTakenError,
    SharedRingError,
)
from ringbuffer.lazy import lazy_names
from ringbuffer.processors import (
    AggregateEventHandler,
    BatchEventProcessor,
    BatchFailed,
    BatchHandler,
    EventHandler,
    EventProcessor,
    ExceptionHandler,
    Failure,
    FailureAction,
    FatalExceptionHandler,
    IgnoringExceptionHandler,
    LoggingExceptionHandler,
    ProcessorState,
    RewindAfterPause,
    RewindAlways,
    RewindAtMost,
    RewindBatch,
    SkippingExceptionHandler,
    Worker,
    WorkerPool,
    current_failure,
)
from ringbuffer.producer import Claim, Producer
from ringbuffer.queues import Empty, Full, Queue, ShutDown
from ringbuffer.readers import EventPoller, EventStream, PollState
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer import (
    MultiProducerSequencer,
    ProducerType,
    Sequencer,
    SingleProducerSequencer,
)
from ringbuffer.wait import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)

if TYPE_CHECKING:
    from ringbuffer.processors import AsyncEventProcessor
    from ringbuffer.queues import AsyncQueue
else:  # these names load asyncio
    __getattr__, __dir__ = lazy_names(
        __name__,
        {"AsyncEventProcessor": "ringbuffer.processors", "AsyncQueue": "ringbuffer.queues"},
    )

__version__ = "0.1.0"

__all__ = [
    "AdaptiveWaitStrategy",
    "AggregateEventHandler",
    "AlertError",
    "AsyncEventProcessor",
    "AsyncQueue",
    "BatchEventProcessor",
    "BatchFailed",
    "BatchHandler",
    "BlockingWaitStrategy",
    "BusySpinWaitStrategy",
    "Claim",
    "ClaimTimeoutError",
    "ConsumerFailedError",
    "DeadlockError",
    "Disruptor",
    "Empty",
    "EventHandler",
    "EventHandlerGroup",
    "EventPoller",
    "EventProcessor",
    "EventStream",
    "ExceptionHandler",
    "Failure",
    "FailureAction",
    "FatalExceptionHandler",
    "ForkedProcessError",
    "Full",
    "Grace",
    "HandlerSpec",
    "IgnoringExceptionHandler",
    "InsufficientCapacityError",
    "LiteBlockingWaitStrategy",
    "LoggingExceptionHandler",
    "MemoryBindingError",
    "MultiProducerSequencer",
    "PhasedBackoffWaitStrategy",
    "PollState",
    "ProcessorState",
    "ProcessorStateError",
    "Producer",
    "ProducerDiedError",
    "ProducerThreadError",
    "ProducerType",
    "PublicationError",
    "Queue",
    "RewindAfterPause",
    "RewindAlways",
    "RewindAtMost",
    "RewindBatch",
    "RingBuffer",
    "RingBufferClosedError",
    "RingBufferError",
    "SeatTakenError",
    "Sequence",
    "SequenceBarrier",
    "SequenceGroup",
    "Sequencer",
    "SharedRingError",
    "ShutDown",
    "SingleProducerSequencer",
    "SkippingExceptionHandler",
    "SleepingWaitStrategy",
    "TimeoutBlockingWaitStrategy",
    "WaitStrategy",
    "Worker",
    "WorkerPool",
    "YieldingWaitStrategy",
    "current_failure",
]
