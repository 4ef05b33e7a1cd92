"""Every error the library raises on purpose, in one small tree.

A wrong argument is a plain `ValueError` or `TypeError`, and a wait that ran out of time is a plain
`TimeoutError`: Python users already know those. What is particular to a ring derives from `RingBufferError`.
"""


class RingBufferError(Exception):
    """The root of the library's own errors."""


class MemoryBindingError(RingBufferError, ImportError):
    """The hardware atomics could not be bound: `atomics` is missing, of another version, or lacks an operation."""


class InsufficientCapacityError(RingBufferError):
    """`try_next` found fewer free slots than were asked for. Nothing was claimed."""


class PublicationError(RingBufferError):
    """Not everything could be published. `publish_values` says how far it came.

    Attributes:
        published: how many values of the call were published.
        unpublished: values that were taken from the iterable and not published, in order.
    """

    published: int = 0
    unpublished: tuple[object, ...] = ()


class ClaimTimeoutError(PublicationError, TimeoutError):
    """There was no room in time. Nothing was claimed."""


class RingBufferClosedError(PublicationError):
    """The ring was closed: it takes no more claims. What was published before can still be consumed."""


class ConsumerFailedError(RingBufferClosedError):
    """A consumer that gates the ring died of the error in `__cause__`, so no slot will become free again."""


class ProducerThreadError(RingBufferError, RuntimeError):
    """A second thread tried to produce into a ring that was built for a single producer."""


class DeadlockError(PublicationError, RuntimeError):
    """The calling thread waits for capacity that only the calling thread itself could free."""


class ProcessorStateError(RingBufferError, RuntimeError):
    """An event processor was asked for something that its state does not allow, such as a second start."""


class AlertError(RingBufferError):
    """A barrier was alerted: whoever waits on it must look at its own state before it waits again.

    Raised as a fresh instance every time; a shared one would collect tracebacks, and with them frames and events.
    """

    def __init__(self, message: str = "the barrier was alerted") -> None:
        super().__init__(message)
