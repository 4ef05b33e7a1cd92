"""`Running`: which handler the calling thread, or task, runs; so that nobody waits for himself.

It is a context variable. A task that a handler starts inherits the variable but is not the handler, so the task is noted too.
"""

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.subscription import Subscription


class Running:
    """That the calling thread, or task, runs a handler.

    Args:
        subscription: whose handler.
    """

    __slots__ = ("subscription", "task")

    def __init__(self, subscription: "Subscription") -> None:
        self.subscription: Final = subscription
        self.task: Final = _task()

    def enter(self) -> None:
        """From now on, in this thread or task."""
        _running.set(self)


_running: Final[ContextVar[Running | None]] = ContextVar("ringbuffer.messaging.running", default=None)


def running_subscription() -> "Subscription | None":
    """The subscription whose handler is the caller; None to everybody else."""
    running = _running.get()
    return running.subscription if running is not None and running.task is _task() else None


def _task() -> "asyncio.Task[object] | None":
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
