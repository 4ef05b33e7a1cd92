"""`InMemoryQueue`: the interface of both queues."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, overload, runtime_checkable

from ringbuffer.checks import Duration
from ringbuffer.messaging.blocks import UsedInBlocks
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import MessageBatchHandler, MessageHandler
from ringbuffer.messaging.progress import ConsumerProgress
from ringbuffer.messaging.queues.acknowledgement import Acknowledgement, LockedDelivery
from ringbuffer.messaging.queues.consumer import Consumer


@dataclass(frozen=True, slots=True)
class CloseReport:
    """What became of the messages that were there when a queue was closed.

    Attributes:
        handled: how many messages consumers took after the queue was closed.
        discarded: how many messages no consumer took. They are lost.
        unfinished: how many handlers still ran when `close` returned, including the caller's own.
    """

    handled: int = 0
    discarded: int = 0
    unfinished: int = 0

    def left(self, names: Iterable[str]) -> tuple[str, ...]:
        """Describe what was left; `names` are those of the consumers that had not ended."""
        waiting = (f"{self.discarded} messages that no consumer took",) if self.discarded else ()
        return (
            *waiting,
            *(f"{name} has not returned from the message that it handles" for name in names),
        )


class PutEnvelope(Protocol):
    """`put(envelope, timeout=None)`: puts a message into a queue.

    See `InMemoryQueue.enqueue_sync`.
    """

    def __call__(self, envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        """Returns True, or False if the queue is closed. Raises the errors of `enqueue_sync`."""
        ...


@runtime_checkable
class InMemoryQueue(UsedInBlocks, Protocol):
    """A queue of messages, first in, first out. Each message goes to exactly one consumer.

    Any number of producers put messages into it, and any number of consumers compete for them. Any
    thread may call its methods.
    """

    @property
    def name(self) -> str:
        """The name of the queue, and the first part of its consumers' names."""
        ...

    @property
    def buffer_size(self) -> int:
        """How many messages the queue holds at most."""
        ...

    @property
    def depth(self) -> int:
        """How many messages wait: the queue has accepted them, and no consumer has taken them."""
        ...

    @property
    def message_count(self) -> int:
        """How many messages the queue has accepted since it was made."""
        ...

    @property
    def dropped(self) -> int:
        """How many messages were dropped for newer ones."""
        ...

    @property
    def failed(self) -> int:
        """How many messages a handler failed on."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether the queue refuses new messages."""
        ...

    def enqueue_sync(self, envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        """Put a message into the queue, blocking the calling thread while the queue is full.

        Args:
            envelope: the message.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            True; or False if the queue was closed, before or during the wait.

        Raises:
            TimeoutError: the queue was full for `timeout` seconds. Nothing was enqueued.
            TypeError: `envelope` is not an envelope.
            DeadlockError: the handlers of all consumers wait for free capacity in this queue; the
                caller is the last of them.
            ProducerThreadError: the ring has a single producer, which is another thread.
        """
        ...

    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        """Put a message into the queue if there is free capacity now.

        Returns:
            True; None if there is no free capacity; False if the queue is closed.

        Raises:
            TypeError: `envelope` is not an envelope.
            ProducerThreadError: the ring has a single producer, which is another thread.
        """
        ...

    def enqueue_many(
        self, messages: Iterable[TransportEnvelope], timeout: Duration | None = None
    ) -> int:
        """Put many messages into the queue, in order, blocking the thread while the queue is full.

        It takes them from the iterable in chunks of at most 256, and at most half the queue. All
        messages of a chunk share the cost of one `enqueue_sync`. A chunk is enqueued when the
        iterable has given all of it.

        Args:
            messages: the messages.
            timeout: the longest wait in all, in seconds; None waits without a limit.

        Returns:
            How many messages were enqueued: all of them, or fewer if the queue was closed
            meanwhile. These are the first ones.

        Raises:
            TimeoutError: there was no free capacity in time. As with each error here, the attribute
                `enqueued` says how many messages were enqueued. The attribute `not_enqueued` has
                those that were taken from the iterable, and were not.
            TypeError: a message is not an envelope. Nothing of its chunk was enqueued.
            BaseException: what the iterable raised. What it gave before was enqueued.
            DeadlockError: see `enqueue_sync`.
            ProducerThreadError: the ring has a single producer, which is another thread.
        """
        ...

    def sender(self) -> PutEnvelope:
        """A faster `enqueue_sync` for the calling thread alone, for use in loops.

        In ring mode it raises `ProducerThreadError` if another thread calls it at the same time.
        """
        ...

    async def enqueue(self, envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        """As `enqueue_sync`, but does not block the event loop.

        If there is free capacity, it completes immediately. Waiting tasks of one loop get free
        capacity in the order in which they called. A task that is cancelled has enqueued nothing.
        """
        ...

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """The consumers that take messages now."""
        ...

    def progress(self) -> tuple[ConsumerProgress, ...]:
        """The position of each consumer, also of removed ones that handle their last message."""
        ...

    @overload
    def add_consumer(
        self, handler: MessageHandler[TransportEnvelope], *, name: str | None = None
    ) -> Consumer: ...
    @overload
    def add_consumer(
        self,
        handler: MessageBatchHandler[TransportEnvelope],
        *,
        name: str | None = None,
        max_batch_size: int,
        max_batch_age: Duration = 0,
    ) -> Consumer: ...
    @overload
    def add_consumer(
        self,
        handler: MessageHandler[LockedDelivery],
        *,
        name: str | None = None,
        acknowledgement: Acknowledgement,
    ) -> Consumer: ...
    def add_consumer(
        self,
        handler: MessageHandler[Any] | MessageBatchHandler[TransportEnvelope],
        *,
        name: str | None = None,
        max_batch_size: int | None = None,
        max_batch_age: Duration = 0,
        acknowledgement: Acknowledgement | None = None,
    ) -> Consumer:
        """Add a consumer, which calls a handler with messages, in a thread of its own.

        With `max_batch_size`, each call of the handler gets a list of messages, and the consumer
        takes all of them at once. While other consumers rest, it takes an equal share of what
        waits. An exception is logged once, and is a failure of each message of its batch.

        Args:
            handler: a function, or a coroutine function, of one envelope; or an object with a
                method `handle`. With `max_batch_size`: a function, or a coroutine function, of a
                list of envelopes; or an object with a method `on_batch`.
            name: the name of the consumer; the default is the queue's name and a number.
            max_batch_size: the greatest number of messages of a batch; None for single messages.
            max_batch_age: how long a batch that is not full waits for more messages after its first
                one, in seconds. With 0 it does not wait.
            acknowledgement: the handler gets a `LockedDelivery`, and answers it; None means that a
                message is done when the handler returns or raises.

        Raises:
            TypeError: the handler cannot be called with one envelope, or with a list of them;
                `max_batch_size` is not an integer; `max_batch_age` is not a duration;
                `acknowledgement` is not an `Acknowledgement`.
            ValueError: `max_batch_size` is less than 1; `max_batch_age` is negative, or was given
                without a size; there is an acknowledgement and a size.
            RuntimeError: the queue is closed.
        """
        ...

    def remove_consumer(self, consumer: Consumer, timeout: Duration | None = None) -> bool:
        """Make a consumer take no more messages. The other consumers, or later ones, get them.

        Args:
            consumer: the consumer.
            timeout: the longest wait for the message that it is handling, in seconds; None waits
                without a limit. A consumer that removes itself does not wait.

        Returns:
            Whether the consumer has ended.

        Raises:
            ValueError: `consumer` does not belong to this queue, or was removed before.
        """
        ...

    def close(self, drain: bool = True, timeout: Duration | None = None) -> CloseReport:
        """Refuse new messages, and end the consumers.

        Producers that wait for free capacity get False. A second call waits for the first one, and
        returns the same report.

        Args:
            drain: let the consumers handle the waiting messages first; False discards them. Without
                a consumer they are discarded too.
            timeout: the longest time in all, in seconds; None sets no limit. Messages that no
                consumer has taken by then are discarded.
        """
        ...

    async def aclose(self, drain: bool = True, timeout: Duration | None = None) -> CloseReport:
        """As `close`, but does not block the event loop."""
        ...
