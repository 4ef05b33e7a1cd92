"""`CurrentHandler`: the handler that runs in the calling thread or task, and may not await itself.

It is a context variable. A task that a handler starts inherits the variable but is not the handler,
so the task is noted too.
"""

import asyncio
from contextvars import ContextVar
from typing import Final

from ringbuffer.messaging.bus.subscription import Subscription


class CurrentHandler:
    """Notes that the calling thread, or task, runs a handler.

    Args:
        subscription: the subscription of the handler.
    """

    __slots__ = ("subscription", "task")

    def __init__(self, subscription: Subscription) -> None:
        self.subscription: Final = subscription
        self.task: Final = _task()

    def enter(self) -> None:
        """Set it from now on, in this thread or task."""
        _running.set(self)


_running: Final[ContextVar[CurrentHandler | None]] = ContextVar(
    "ringbuffer.messaging.current_handler", default=None
)


def current_subscription() -> Subscription | None:
    """The subscription whose handler is the caller; None for any other caller."""
    running = _running.get()
    return running.subscription if running is not None and running.task is _task() else None


def _task() -> "asyncio.Task[object] | None":
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
