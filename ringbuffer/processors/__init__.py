"""Processors: the consumers of a ring, each with its own thread."""

from typing import TYPE_CHECKING

from ringbuffer.lazy import lazy_names
from ringbuffer.processors.aggregate import AggregateEventHandler
from ringbuffer.processors.batch import BatchEventProcessor
from ringbuffer.processors.exceptions import (
    FatalExceptionHandler,
    IgnoringExceptionHandler,
    LoggingExceptionHandler,
    SkippingExceptionHandler,
)
from ringbuffer.processors.failure import (
    BatchFailed,
    ExceptionHandler,
    Failure,
    FailureAction,
    current_failure,
)
from ringbuffer.processors.handlers import (
    AnyHandler,
    BatchHandler,
    EarlyRelease,
    EventFunction,
    EventHandler,
    RecordHandler,
)
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import (
    RewindAfterPause,
    RewindAlways,
    RewindAtMost,
    RewindBatch,
    RewindStrategy,
)
from ringbuffer.processors.state import ProcessorState
from ringbuffer.processors.work import Worker, WorkerPool

if TYPE_CHECKING:
    from ringbuffer.processors.asynchronous import AsyncEventProcessor
else:  # it loads asyncio
    __getattr__, __dir__ = lazy_names(
        __name__, {"AsyncEventProcessor": "ringbuffer.processors.asynchronous"}
    )

__all__ = [
    "AggregateEventHandler",
    "AnyHandler",
    "AsyncEventProcessor",
    "BatchEventProcessor",
    "BatchFailed",
    "BatchHandler",
    "EarlyRelease",
    "EventFunction",
    "EventHandler",
    "EventProcessor",
    "ExceptionHandler",
    "Failure",
    "FailureAction",
    "FatalExceptionHandler",
    "IgnoringExceptionHandler",
    "LoggingExceptionHandler",
    "ProcessorState",
    "RecordHandler",
    "RewindAfterPause",
    "RewindAlways",
    "RewindAtMost",
    "RewindBatch",
    "RewindStrategy",
    "SkippingExceptionHandler",
    "Worker",
    "WorkerPool",
    "current_failure",
]
