"""A Disruptor for free-threaded Python: threads exchange events through a pre-allocated ring.

    ring = RingBuffer(1024, Order, ProducerType.SINGLE)
    with BatchEventProcessor(ring, ring.new_barrier(), handler):
        sequence = ring.next()
        ring[sequence].price = 101.5
        ring.publish(sequence)

Importing this package leaves the GIL off where it is off.
"""

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.errors import (
    AlertError,
    ConsumerFailedError,
    DeadlockError,
    InsufficientCapacityError,
    MemoryBindingError,
    ProcessorStateError,
    ProducerThreadError,
    RingBufferClosedError,
    RingBufferError,
)
from ringbuffer.processors import (
    BatchEventProcessor,
    BatchHandler,
    EventHandler,
    EventProcessor,
    ExceptionHandler,
    FatalExceptionHandler,
    IgnoringExceptionHandler,
    LoggingExceptionHandler,
    ProcessorState,
)
from ringbuffer.producer import Producer
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
    "AlertError",
    "BatchEventProcessor",
    "BatchHandler",
    "BlockingWaitStrategy",
    "BusySpinWaitStrategy",
    "ConsumerFailedError",
    "DeadlockError",
    "EventHandler",
    "EventProcessor",
    "ExceptionHandler",
    "FatalExceptionHandler",
    "IgnoringExceptionHandler",
    "InsufficientCapacityError",
    "LiteBlockingWaitStrategy",
    "LoggingExceptionHandler",
    "MemoryBindingError",
    "MultiProducerSequencer",
    "PhasedBackoffWaitStrategy",
    "ProcessorState",
    "ProcessorStateError",
    "Producer",
    "ProducerThreadError",
    "ProducerType",
    "RingBuffer",
    "RingBufferClosedError",
    "RingBufferError",
    "Sequence",
    "SequenceBarrier",
    "SequenceGroup",
    "Sequencer",
    "SingleProducerSequencer",
    "SleepingWaitStrategy",
    "TimeoutBlockingWaitStrategy",
    "WaitStrategy",
    "YieldingWaitStrategy",
]
