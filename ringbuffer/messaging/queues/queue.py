"""`InMemoryQueue`: what both queues are."""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.queues.consumer import Consumer, MessageHandler


@dataclass(frozen=True, slots=True)
class CloseReport:
    """What became of the messages that were there when a queue was closed.

    Attributes:
        handled: taken by a consumer after the queue was closed.
        discarded: taken by nobody; they are gone.
        unfinished: handlers that still ran when `close` returned, the caller's own among them.
    """

    handled: int
    discarded: int
    unfinished: int


class Put(Protocol):
    """`put(envelope, timeout=None)`: puts a message into a queue, see `InMemoryQueue.enqueue_sync`."""

    def __call__(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """True; or False if the queue is closed. The errors are those of `enqueue_sync`."""
        ...


class InMemoryQueue(Protocol):
    """First in, first out, from any number of producers to competing consumers: each message to exactly one. Any thread."""

    @property
    def name(self) -> str:
        """What its consumers are called after."""
        ...

    @property
    def buffer_size(self) -> int:
        """How many messages wait at most."""
        ...

    @property
    def depth(self) -> int:
        """How many messages wait now: accepted, and not taken by a consumer."""
        ...

    @property
    def message_count(self) -> int:
        """How many messages were ever accepted."""
        ...

    @property
    def dropped(self) -> int:
        """How many messages made room for newer ones."""
        ...

    @property
    def failed(self) -> int:
        """How many messages a handler failed on."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether the queue takes no more messages."""
        ...

    def enqueue_sync(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """Put a message into the queue, blocking the calling thread while the queue is full.

        Args:
            envelope: the message.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            True; or False if the queue is closed, before or during the wait.

        Raises:
            TimeoutError: there was no room in time. Nothing was enqueued.
            TypeError: it is no envelope.
            DeadlockError: every consumer waits for room in this queue, the caller as the last of them.
            ProducerThreadError: in ring mode with a single producer, another thread is that one.
        """
        ...

    def sender(self) -> Put:
        """A function that does what `enqueue_sync` does, for the calling thread alone and faster: for loops.

        On the ring it raises `ProducerThreadError` where another thread is found at it at the same time.
        """
        ...

    async def enqueue(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """As `enqueue_sync`, without blocking the event loop; where there is room it completes at once.

        Tasks of one loop that wait get their room in the order in which they came. One that is cancelled has enqueued nothing.
        """
        ...

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """The consumers now."""
        ...

    def add_consumer(self, handler: MessageHandler, *, name: str | None = None) -> Consumer:
        """Have a handler take messages too, in a thread of its own, from now on.

        Args:
            handler: a function, or a coroutine function, of one envelope.
            name: of the consumer; the default is a number behind the queue's name.

        Raises:
            TypeError: it cannot be called with one envelope.
            RuntimeError: the queue is closed.
        """
        ...

    def remove_consumer(self, consumer: Consumer, timeout: float | None = None) -> bool:
        """Have a consumer take nothing more; the others, or those that come later, get what it would have got.

        Args:
            consumer: which.
            timeout: the longest wait for the message that it is handling, in seconds; None waits without a limit. A consumer
                that removes itself does not wait.

        Returns:
            Whether it has ended.

        Raises:
            ValueError: it is no consumer of this queue, or was removed before.
        """
        ...

    def close(self, drain: bool = True, timeout: float | None = None) -> CloseReport:
        """Take no more messages, and end the consumers.

        Whoever waits for room gets False. Called again, it returns the first call's report, after waiting for it.

        Args:
            drain: have the consumers handle first what is there; False discards it. Where there are no consumers, or the
                last one has been removed, it is discarded.
            timeout: the longest time in all, in seconds; None waits without a limit. What has not been taken by then
                is discarded.
        """
        ...

    async def aclose(self, drain: bool = True, timeout: float | None = None) -> CloseReport:
        """As `close`, without blocking the event loop."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
