"""Failures of handlers: what an exception handler is asked about, and what it may answer.

A consumer asks its exception handler in its own thread. There the exception handler may call
`current_failure` to find out which consumer failed, and on which events. The failure is not an
argument, because users wrote exception handlers before there was one.
"""

import contextlib
import enum
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol

from ringbuffer.checks import check_integer


class BatchFailed(Exception):
    """Raised by `on_batch`: the event at `index` failed, and those before it are handled.

    The exception handler gets that one event, and the cause of this error (`raise
    BatchFailed(index) from error`). Without a cause it gets this error itself. If the exception
    handler returns, the consumer calls `on_batch` again with the events after the failed one.

    Any other error of `on_batch` is a failure of every event of the batch.

    Args:
        index: the place of the event in the list that `on_batch` got, from 0.

    Raises:
        TypeError: `index` is not an integer.
        ValueError: `index` is negative.
    """

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = check_integer("index", index, 0)

    @property
    def reason(self) -> BaseException:
        """The error that the exception handler gets."""
        return self if self.__cause__ is None else self.__cause__

    def __str__(self) -> str:
        return f"the event at index {self.index} of the batch failed"


class FailureAction(enum.Enum):
    """What an exception handler may return for an event, or a batch, on which a handler failed.

    None, which a method without `return` returns, has the same meaning as `CONTINUE`.
    """

    #: The consumer continues. Later stages get the failed event as the handler has left it.
    CONTINUE = "continue"
    #: The consumer continues. Later stages pass over the failed event.
    SKIP = "skip"


class ExceptionHandler(Protocol):
    """Decides about the errors of one or more handlers.

    If a method returns, the consumer continues with the next event. If it raises, the consumer
    dies: its processor stops and closes the ring, so that producers get an error instead of
    waiting for free capacity.

    A processor calls it in its own thread; several processors may call it at the same time.
    `ringbuffer.current_failure()` returns the consumer that failed, the method and the sequences.
    """

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction | None:
        """A handler failed on an event, or on a whole batch.

        Args:
            error: what the handler raised.
            sequence: of the event, or of the first event of the batch.
            event: the event, or the list of the events of the batch.

        Returns:
            `FailureAction.SKIP` if later stages must not get the event. None, or `CONTINUE`, if
            they get it as the handler has left it.
        """
        ...

    def handle_on_start_exception(self, error: Exception) -> None:
        """A handler's `on_start`, or its `set_sequence_callback`, failed."""
        ...

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """A handler's `on_shutdown` failed."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """Which handler failed, and on which events. Immutable.

    Attributes:
        consumer: the name of the processor, or of the pool's worker.
        hook: the method that raised: `on_event`, `on_batch`, or another hook of the handler.
        first: the sequence of the event that it failed on, or of the first event of a batch.
        last: the sequence of the last event of a batch; `first` for a single event.
    """

    consumer: str
    hook: str
    first: int
    last: int

    @property
    def is_of_events(self) -> bool:
        """Whether events failed, which can be skipped; False for hooks such as `on_timeout`."""
        return self.hook in ("on_event", "on_batch")

    def __str__(self) -> str:
        one = f"sequence {self.first}"
        events = one if self.first == self.last else f"sequences {self.first} to {self.last}"
        if self.hook == "on_event":
            return f"consumer {self.consumer!r}: handler failed on {events}"
        if self.hook in ("on_start", "on_shutdown"):
            return f"consumer {self.consumer!r}: handler's {self.hook} failed"
        return f"consumer {self.consumer!r}: handler's {self.hook} failed at {events}"


_CURRENT: Final[ContextVar[Failure | None]] = ContextVar("ringbuffer.failure", default=None)


def current_failure() -> Failure | None:
    """Return the failure that the calling exception handler decides about, or None.

    Consumer's thread only.
    """
    return _CURRENT.get()


@contextlib.contextmanager
def about(failure: Failure) -> Iterator[None]:
    """Let `current_failure` return `failure` within the block."""
    token = _CURRENT.set(failure)
    try:
        yield
    finally:
        _CURRENT.reset(token)
