"""Pipelines: stages around the handlers of a bus, or of anything else that handles messages."""

from ringbuffer.messaging.pipeline.async_pipeline_consumer import AsyncPipelineConsumer
from ringbuffer.messaging.pipeline.correlation import (
    Correlation,
    caused_by_current,
    current_delivery,
    identity_for,
)
from ringbuffer.messaging.pipeline.deduplication import Deduplication, DuplicateInProgressError
from ringbuffer.messaging.pipeline.expiry import ExpiredError, Expiry
from ringbuffer.messaging.pipeline.failures import ErrorHandling
from ringbuffer.messaging.pipeline.logs import Logging
from ringbuffer.messaging.pipeline.metrics import HandlerTimes, Metrics
from ringbuffer.messaging.pipeline.pipeline import Pipeline
from ringbuffer.messaging.pipeline.pipeline_consumer import ConsumerClosedError, PipelineConsumer
from ringbuffer.messaging.pipeline.retry import Retry, RetryPolicy
from ringbuffer.messaging.pipeline.stage import Stage
from ringbuffer.messaging.pipeline.timer import Timer
from ringbuffer.messaging.pipeline.validation import Validation, ValidationError, Validator

__all__ = [
    "AsyncPipelineConsumer",
    "ConsumerClosedError",
    "Correlation",
    "Deduplication",
    "DuplicateInProgressError",
    "ErrorHandling",
    "ExpiredError",
    "Expiry",
    "HandlerTimes",
    "Logging",
    "Metrics",
    "Pipeline",
    "PipelineConsumer",
    "Retry",
    "RetryPolicy",
    "Stage",
    "Timer",
    "Validation",
    "ValidationError",
    "Validator",
    "caused_by_current",
    "current_delivery",
    "identity_for",
]
