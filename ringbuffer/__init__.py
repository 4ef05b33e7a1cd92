"""A Disruptor for free-threaded Python: threads exchange events through a pre-allocated ring.

    disruptor = Disruptor(Order, 1024)
    disruptor.handle_events_with(journal, replicate).then(execute)
    with disruptor:
        disruptor.publish_event(fill, 101.5)

Importing this package leaves the GIL off where it is off.
"""

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.disruptor import Consumer, Disruptor, EventHandlerGroup
from ringbuffer.errors import (
    AlertError,
    ClaimTimeoutError,
    ConsumerFailedError,
    DeadlockError,
    InsufficientCapacityError,
    MemoryBindingError,
    ProcessorStateError,
    ProducerThreadError,
    PublicationError,
    RingBufferClosedError,
    RingBufferError,
)
from ringbuffer.processors import (
    AggregateEventHandler,
    AsyncEventProcessor,
    BatchEventProcessor,
    BatchHandler,
    EventHandler,
    EventProcessor,
    ExceptionHandler,
    FatalExceptionHandler,
    IgnoringExceptionHandler,
    LoggingExceptionHandler,
    ProcessorState,
    RewindAfterPause,
    RewindAlways,
    RewindAtMost,
    RewindBatch,
    Worker,
    WorkerPool,
)
from ringbuffer.producer import Claim, Producer
from ringbuffer.queues import AsyncQueue, Empty, Full, Queue, ShutDown
from ringbuffer.readers import EventPoller, EventStream, PollState
from ringbuffer.ring_buffer import ProducerType, RingBuffer
from ringbuffer.sequence import Sequence, SequenceGroup
from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer
from ringbuffer.wait import (
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)

__version__ = "0.1.0"

__all__ = [
    "AggregateEventHandler",
    "AlertError",
    "AsyncEventProcessor",
    "AsyncQueue",
    "BatchEventProcessor",
    "BatchHandler",
    "BlockingWaitStrategy",
    "BusySpinWaitStrategy",
    "Claim",
    "ClaimTimeoutError",
    "Consumer",
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
    "FatalExceptionHandler",
    "Full",
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
    "Sequence",
    "SequenceBarrier",
    "SequenceGroup",
    "Sequencer",
    "ShutDown",
    "SingleProducerSequencer",
    "SleepingWaitStrategy",
    "TimeoutBlockingWaitStrategy",
    "WaitStrategy",
    "Worker",
    "WorkerPool",
    "YieldingWaitStrategy",
]
