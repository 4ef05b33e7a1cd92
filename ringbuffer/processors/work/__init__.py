"""Worker pools: each event goes to exactly one of several workers."""

from ringbuffer.processors.work.pool import WorkerPool
from ringbuffer.processors.work.worker import Worker

__all__ = ["Worker", "WorkerPool"]
