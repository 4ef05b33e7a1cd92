"""`ConsumedQueue`: what both queues have in common: producers that wait, consumers, the close."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.blocking_bridge import begin_call
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.ending import Grace
from ringbuffer.host import Host
from ringbuffer.messaging.blocks import Blocks
from ringbuffer.messaging.capacity_waiters import AsyncCapacityWaiters
from ringbuffer.messaging.closing import QUEUE_PASSES, Closing, hand_over
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import MessageBatchHandler, MessageHandler
from ringbuffer.messaging.progress import ConsumerProgress
from ringbuffer.messaging.queues.acknowledgement import Acknowledgement
from ringbuffer.messaging.queues.batch_filler import Batching
from ringbuffer.messaging.queues.consumer import Consumer
from ringbuffer.messaging.queues.consumer_set import ConsumerSet
from ringbuffer.messaging.queues.leader_followers import LeaderFollowers
from ringbuffer.messaging.queues.queue import CloseReport, InMemoryQueue
from ringbuffer.messaging.queues.source import Dequeuer, Source
from ringbuffer.one_process import OneProcess
from ringbuffer.reentry import is_within

#: How long a close waits, beyond its limit, for consumers that only wait for answers, in seconds.
ENDS_WITHIN: Final = 1.0


class ConsumedQueue(OneProcess, Blocks, InMemoryQueue):
    """A source of messages with consumers. Any thread. `InMemoryQueue` documents its methods.

    Args:
        source: where the messages are.
        host: the source of locks, threads and time.
        name: the first part of its consumers' names.
        grace, drain_at_exit: see `Blocks`.
    """

    def __init__(
        self,
        source: Source,
        host: Host,
        name: str,
        grace: Grace | Duration | None,
        drain_at_exit: Duration | None,
    ) -> None:
        super().__init__(name, host, grace, drain_at_exit)
        self._followers: Final = LeaderFollowers(source, host)
        self._consumers: Final = ConsumerSet(name, self._followers, host, self._at_exit.started)
        self._parts: Final = source, self._followers, self._consumers
        self._own_dequeuer: Final[Dequeuer] = source.dequeuer()
        self._ends: Final = Closing[CloseReport](host)
        #: How many messages had been taken at the close, and how many consumers took after it; None
        #: until known.
        self._taken_before: int | None = None
        self._handled: int | None = None
        self._capacity_waiters: Final = AsyncCapacityWaiters()

    @property
    def name(self) -> str:
        return self._name

    @property
    def failed(self) -> int:
        return self._consumers.failed

    @property
    def is_closed(self) -> bool:
        return self._consumers.is_closed

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        return self._consumers.active

    def progress(self) -> tuple[ConsumerProgress, ...]:
        return tuple(each.progress() for each in self._consumers.all())

    def add_consumer(
        self,
        handler: MessageHandler[Any] | MessageBatchHandler[TransportEnvelope],
        *,
        name: str | None = None,
        max_batch_size: int | None = None,
        max_batch_age: Duration = 0,
        acknowledgement: Acknowledgement | None = None,
    ) -> Consumer:
        batching = Batching.of(max_batch_size, max_batch_age)
        return self._consumers.add(handler, name, batching, acknowledgement)

    def remove_consumer(self, consumer: Consumer, timeout: Duration | None = None) -> bool:
        return self._consumers.remove(consumer, timeout)

    # -- what each kind of queue implements, with the rest of `InMemoryQueue` ----------------------

    @property
    @abstractmethod
    def _taken(self) -> int:
        """How many messages were taken from the source. The caller holds the dequeue lock."""

    @abstractmethod
    def _shut(self, backoff: Backoff) -> None:
        """Refuse messages from now on.

        Returns when consumers can take all accepted messages, or when the time is up.
        """

    # -- producers --------------------------------------------------------------------------------

    async def enqueue(self, envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        limit = None if timeout is None else check_timeout(timeout)
        if self._capacity_waiters.is_empty and (accepted := self.try_enqueue(envelope)) is not None:
            return accepted
        with self._consumers.waiting_for_capacity(limit, asyncio.current_task()):
            return await self._capacity_waiters.wait(
                lambda: self.try_enqueue(envelope), limit, self.no_capacity
            )

    def no_capacity(self, timeout: Duration | None) -> TimeoutError:
        """The error for a producer whose wait has expired."""
        return TimeoutError(
            f"no room in the queue {self._name!r} of {self.buffer_size} messages "
            f"within {timeout} s; nothing was enqueued"
        )

    # -- the close --------------------------------------------------------------------------------

    def close(self, drain: bool = True, timeout: Duration | None = None) -> CloseReport:
        if is_within((self, *self._parts), QUEUE_PASSES):
            hand_over(self._host, self._name, self._closing(drain, timeout))
        return self._close(drain, timeout, self._host.thread_id())

    async def aclose(self, drain: bool = True, timeout: Duration | None = None) -> CloseReport:
        return await begin_call(self._host, self._closing(drain, timeout), f"{self._name} closes")

    def _close(self, drain: bool, timeout: Duration | None, caller: int) -> CloseReport:
        """Close on behalf of the thread `caller`.

        If that is a consumer's thread, it is inside a handler. Then it does not wait for handlers.
        """
        limit = check_timeout(timeout)
        deadline = None if limit is None else self._host.monotonic() + limit
        # With the lock: a consumer that is added at this moment is in the set, or is refused.
        with self._consumers.lock, self._followers.lock:
            if self._taken_before is None:
                # A message without an answer counts as handled when it has one.
                unanswered = sum(each.unanswered for each in self._consumers.peek())
                returned = len(self._followers.returned)
                self._taken_before = self._taken - returned - unanswered
            self._consumers.is_closed = True
        backoff = Backoff(self._host, self._host.event(), limit)
        report = self._ends.run(
            lambda: self._end(drain, backoff, caller), deadline, not self._consumers.runs_in(caller)
        )
        return report or CloseReport(self._taken_since(), 0, len(self._consumers.all()))

    def _end(self, drain: bool, backoff: Backoff, caller: int) -> CloseReport:
        """Close, or continue what an interrupted call has begun."""
        self._shut(backoff)
        if drain:
            # Terminates because consumers other than the caller take the waiting messages, because
            # the last of these consumers ends, or because the time is up.
            while (
                (self.depth or any(self._unanswered(caller)))
                and any(not each.runs_in(caller) for each in self._consumers.active)
                and backoff.pause()
            ):
                pass
        left = self._consumers.all()
        for consumer in left:
            consumer.stop()
        # Consumers take no more messages; current handlers have until the deadline to return.
        self._drop_returned(is_over=False)
        self._discard()
        while any(each.is_alive and not each.runs_in(caller) for each in left) and backoff.pause():
            pass
        # A consumer that waits for answers is not inside a handler. It ends now, unless a task of
        # its loop refuses to be cancelled. Terminates because it ends, or this time is up, too.
        soon = Backoff(self._host, self._host.event(), ENDS_WITHIN)
        others = [each for each in left if not each.runs_in(caller)]
        while any(each.is_alive and not each.may_handle for each in others) and soon.pause():
            pass
        self._drop_returned(is_over=True)
        unfinished = [each.name for each in left if each.is_alive]
        report = CloseReport(self._handled or 0, self._discarded, len(unfinished))
        self._at_exit.ended("was closed", report.left(unfinished))
        return report

    def _discard(self) -> None:
        """Take the messages that are left. They are deallocated without the lock.

        Terminates because `_shut` has ended the puts, and each iteration takes a message.
        """
        discarded = []
        with self._followers.lock:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if (envelope := self._own_dequeuer.take(0)) is None:
                    break
                discarded.append(envelope)

    def _drop_returned(self, is_over: bool) -> None:
        """Drop what has come back: it does not count as handled. The first call counts the others.

        If `is_over`, no message comes back after this.
        """
        with self._followers.lock:
            dropped = self._followers.returned[:]  # deallocated without the lock
            taken = self._taken - (self._taken_before or 0)
            handled = (taken if self._handled is None else self._handled) - len(dropped)
            self._handled = handled  # nothing is called between these three
            self._followers.returned[:] = []
            self._followers.is_over = is_over

    def _unanswered(self, caller: int) -> Iterator[int]:
        """How many messages of each consumer have no answer, but for one that runs in `caller`."""
        return (each.unanswered for each in self._consumers.all() if not each.runs_in(caller))

    @property
    def _discarded(self) -> int:
        """How many messages a close has discarded, even if an interrupt ended it early."""
        before, handled = self._taken_before, self._handled
        return 0 if before is None or handled is None else self._taken - before - handled

    def _taken_since(self) -> int:
        """How many messages consumers have taken since the close."""
        with self._followers.lock:
            if self._handled is not None:
                return self._handled
            return self._taken - len(self._followers.returned) - (self._taken_before or 0)

    def _closing(self, drain: bool, timeout: Duration | None) -> Callable[[], CloseReport]:
        caller = self._host.thread_id()
        return lambda: self._close(drain, timeout, caller)

    def _left(self) -> tuple[str, ...]:
        handling = [each.name for each in self._consumers.peek() if each.progress().waiting]
        return CloseReport(0, self.depth + self._discarded, len(handling)).left(handling)

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        return (
            f"{type(self).__name__}({self._name!r}, {state}, depth={self.depth}, "
            f"{len(self.consumers)} consumers)"
        )
