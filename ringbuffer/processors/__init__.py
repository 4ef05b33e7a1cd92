"""Processors: the consumers of a ring, each with a thread of its own."""

from ringbuffer.processors.aggregate import AggregateEventHandler
from ringbuffer.processors.asynchronous import AsyncEventProcessor
from ringbuffer.processors.batch import BatchEventProcessor
from ringbuffer.processors.exceptions import (
    ExceptionHandler,
    FatalExceptionHandler,
    IgnoringExceptionHandler,
    LoggingExceptionHandler,
)
from ringbuffer.processors.handlers import AnyHandler, BatchHandler, EarlyRelease, EventFunction, EventHandler
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import RewindAfterPause, RewindAlways, RewindAtMost, RewindBatch, RewindStrategy
from ringbuffer.processors.state import ProcessorState
from ringbuffer.processors.work import Worker, WorkerPool

__all__ = [
    "AggregateEventHandler",
    "AnyHandler",
    "AsyncEventProcessor",
    "BatchEventProcessor",
    "BatchHandler",
    "EarlyRelease",
    "EventFunction",
    "EventHandler",
    "EventProcessor",
    "ExceptionHandler",
    "FatalExceptionHandler",
    "IgnoringExceptionHandler",
    "LoggingExceptionHandler",
    "ProcessorState",
    "RewindAfterPause",
    "RewindAlways",
    "RewindAtMost",
    "RewindBatch",
    "RewindStrategy",
    "Worker",
    "WorkerPool",
]
