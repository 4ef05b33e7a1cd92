"""Every error that the library raises on purpose, in one small tree.

A wrong argument is a plain `ValueError` or `TypeError`, and a wait that ran out of time is a plain
`TimeoutError`: Python users know those already. Errors that only a ring can have derive from
`RingBufferError`.
"""

from typing import Any


class RingBufferError(Exception):
    """The root of the library's own errors. `pickle` and `copy` keep all their contents."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Make the error again without `__init__`, which may take other arguments than `args`.

        The attributes and notes follow.
        """
        made: Any = super().__reduce__()
        _, arguments, *state = made
        return remade, (type(self), arguments), *state


def remade[Error: BaseException](kind: type[Error], arguments: tuple[Any, ...]) -> Error:
    """An error of a class with these `args`; `pickle` and `copy` call it."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    return error


class MemoryBindingError(RingBufferError, ImportError):
    """The hardware atomics could not be bound.

    `atomics` is missing, has another version, or lacks an operation.
    """


class InsufficientCapacityError(RingBufferError):
    """`try_next` found fewer free slots than were asked for. Nothing was claimed."""


class PublicationError(RingBufferError):
    """Not everything could be published. `publish_values` says how much was.

    Attributes:
        published: how many values of the call were published.
        unpublished: values that were taken from the iterable and not published, in order.
    """

    published: int = 0
    unpublished: tuple[object, ...] = ()


class ClaimTimeoutError(PublicationError, TimeoutError):
    """There was no free capacity in time. Nothing was claimed."""


class RingBufferClosedError(PublicationError):
    """The ring is closed and refuses claims. Events published before can still be consumed."""


class ForkedProcessError(PublicationError, RuntimeError):
    """An object was used in a forked child of the process that made it. Nothing was done."""


class ConsumerFailedError(RingBufferClosedError):
    """A consumer that gates the ring died of the error in `__cause__`, so no slot becomes free."""


class ProducerThreadError(RingBufferError, RuntimeError):
    """A second thread tried to produce into a ring that was built for a single producer."""


class DeadlockError(PublicationError, RuntimeError):
    """The calling thread waits for capacity that only the calling thread itself could free."""


class SharedRingError(RingBufferError):
    """A file is not a ring between processes, is broken, or was made by another version."""


class SeatTakenError(SharedRingError):
    """A living process has the seat, or the production, of a ring between processes."""


class ProducerDiedError(SharedRingError):
    """The process that produced into a ring between processes has ended without closing it."""


class ProcessorStateError(RingBufferError, RuntimeError):
    """An event processor is in a state that does not allow the call, such as a second start."""


class AlertError(RingBufferError):
    """A barrier was alerted: a thread that waits on it must check its own state before it goes on.

    Each one is a new instance. A shared one would collect tracebacks, and with them frames and
    events.
    """

    def __init__(self, message: str = "the barrier was alerted") -> None:
        super().__init__(message)
