"""`ConsumerSet`: the consumers of one queue."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import DeadlockError
from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import MessageBatchHandler, MessageHandler
from ringbuffer.messaging.queues.acknowledgement import Acknowledgement
from ringbuffer.messaging.queues.batch_filler import Batching, function_for
from ringbuffer.messaging.queues.consumer import Consumer
from ringbuffer.messaging.queues.leader_followers import LeaderFollowers


class ConsumerSet:
    """The consumers that take messages, and those that handle their last one. Any thread.

    Args:
        name: the name of the queue.
        followers: decides which consumer gets the next message.
        host: the source of locks and threads.
        started: called, with the lock held, before the thread of a new consumer starts.

    Attributes:
        lock: protects the set, and `is_closed`.
        active: the consumers that take messages. Replaced as a whole.
        is_closed: whether no more consumers are added. The queue sets it, with the lock held.
    """

    def __init__(
        self, name: str, followers: LeaderFollowers, host: Host, started: Callable[[], None]
    ) -> None:
        self.lock: Final = host.lock()
        self.active: tuple[Consumer, ...] = ()
        self.is_closed = False
        self._name: Final = name
        self._followers: Final = followers
        self._host: Final = host
        self._started: Final = started
        self._numbers: Final = itertools.count(1)
        #: Removed consumers that handle their last message.
        self._leaving: tuple[Consumer, ...] = ()
        #: The failures of consumers that have ended.
        self._failed_before = 0

    @property
    def failed(self) -> int:
        """On how many messages a handler has raised, also one of a consumer that has ended."""
        with self.lock:
            return self._failed_before + sum(consumer.failed for consumer in self.peek())

    def all(self) -> tuple[Consumer, ...]:
        """The consumers that take messages, and those that handle their last one."""
        with self.lock:
            return self.peek()

    def peek(self) -> tuple[Consumer, ...]:
        """As `all`, without the lock: a consumer that is removed meanwhile may occur twice."""
        return (*self.active, *self._leaving)

    def runs_in(self, thread: int) -> bool:
        """Whether the thread with this identifier belongs to a consumer."""
        return any(each.runs_in(thread) for each in self.all())

    def add(
        self,
        handler: MessageHandler[Any] | MessageBatchHandler[TransportEnvelope],
        name: str | None,
        batching: Batching | None,
        acknowledgement: Acknowledgement | None,
    ) -> Consumer:
        """See `InMemoryQueue.add_consumer`."""
        function_for(handler, batching)  # refuses wrong handlers before anything is done
        if acknowledgement is not None and not isinstance(acknowledgement, Acknowledgement):
            raise TypeError(f"acknowledgement must be an Acknowledgement, not {acknowledgement!r}")
        if acknowledgement is not None and batching is not None:
            raise ValueError(
                "a consumer that acknowledges gets one message at a time: leave out "
                "max_batch_size, or acknowledgement. Nothing was added"
            )
        consumer = None
        try:
            with self.lock:
                if self.is_closed:
                    raise RuntimeError(
                        f"the queue {self._name!r} is closed: it takes no more consumers"
                    )
                name = f"{self._name} #{next(self._numbers)}" if name is None else name
                consumer = Consumer(
                    self._followers, handler, name, self._host, batching, acknowledgement
                )
                self.active = (*self.active, consumer)
                self._started()
                consumer.start(self._has_ended)
        except BaseException:
            if consumer is not None:
                self._withdraw(consumer)
            raise
        return consumer

    def remove(self, consumer: Consumer, timeout: Duration | None) -> bool:
        """See `InMemoryQueue.remove_consumer`."""
        timeout = check_timeout(timeout)
        try:
            with self.lock:
                if consumer not in self.active:
                    raise ValueError(
                        f"{consumer!r} is not a consumer of the queue {self._name!r}, "
                        f"or was removed before"
                    )
                others = tuple(each for each in self.active if each is not consumer)
                self._leaving = (*self._leaving, consumer)  # nothing is called between the two
                self.active = others
            consumer.stop()
        except BaseException:
            if consumer in self._leaving:
                consumer.stop()
            raise
        return consumer.join(0 if consumer.runs_in(self._host.thread_id()) else timeout)

    @contextlib.contextmanager
    def waiting_for_capacity(self, timeout: Duration | None, task: object = None) -> Iterator[None]:
        """A context around a wait for free capacity, which a handler of this queue may make.

        Args:
            timeout: the limit of the wait. A wait with a limit cannot be a deadlock.
            task: the waiting task, if its thread continues meanwhile.

        Raises:
            DeadlockError: the handlers of all other consumers wait for free capacity too, so no
                consumer can free any.
        """
        own: list[Consumer] = []
        if timeout is None:
            with self.lock:
                thread, consumers = self._host.thread_id(), self.active
                own = list(filter(lambda consumer: consumer.handles_in(thread, task), consumers))
                if own and all(
                    consumer in own or consumer.waits_for_capacity for consumer in consumers
                ):
                    raise DeadlockError(
                        f"the handlers of all {len(consumers)} consumers of the queue "
                        f"{self._name!r} wait for room in it: there can never be any. "
                        f"Add consumers, enqueue elsewhere, or make the queue larger than what "
                        f"handlers enqueue"
                    )
                for consumer in own:
                    consumer.waits_for_capacity = True
        try:
            yield
        finally:
            for consumer in own:
                consumer.waits_for_capacity = False

    def _withdraw(self, consumer: Consumer) -> None:
        """Undo an `add` that does not return.

        The consumer may have taken a message meanwhile, and then handles it.
        """
        with self.lock:
            self.active = tuple(each for each in self.active if each is not consumer)
            consumer.withdraw()
            if consumer.is_alive:
                self._leaving = (*self._leaving, consumer)

    def _has_ended(self, consumer: Consumer) -> None:
        """Forget a consumer that has ended. Called in its thread."""
        with self.lock:
            self.active = tuple(each for each in self.active if each is not consumer)
            self._leaving = tuple(each for each in self._leaving if each is not consumer)
            self._failed_before += consumer.failed
