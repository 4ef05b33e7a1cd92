"""`ConsumedQueue`: what both queues have in common: consumers, waiting for room in an event loop, the end."""

import asyncio
import contextlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from ringbuffer.backoff import Backoff
from ringbuffer.checks import check_timeout
from ringbuffer.errors import DeadlockError
from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.queues.consumer import Consumer, MessageHandler, is_coroutine_function
from ringbuffer.messaging.queues.queue import CloseReport, Put
from ringbuffer.messaging.queues.room import RoomWaits
from ringbuffer.messaging.queues.side_thread import SideThread
from ringbuffer.messaging.queues.turns import Source, Taker, Turns


class ConsumedQueue(ABC):
    """A source of messages with consumers. Any thread. What the public methods do, `InMemoryQueue` says.

    Args:
        source: where the messages are.
        host: what provides locks, threads and time.
        name: what its consumers are called after.
    """

    def __init__(self, source: Source, host: Host, name: str) -> None:
        self._turns: Final = Turns(source, host)
        self._own_taker: Final[Taker] = source.taker()
        self._host: Final = host
        self._name: Final = name
        self._numbers: Final = itertools.count(1)
        #: Protects who consumes, and what became of the queue.
        self._lock: Final = host.lock()
        self._consumers: tuple[Consumer, ...] = ()
        #: Removed, and handling their last message.
        self._leaving: tuple[Consumer, ...] = ()
        #: Of consumers that have ended.
        self._failed_before = 0
        self._is_closing = False
        self._is_being_closed = False
        self._taken_before: int | None = None
        self._report: CloseReport | None = None
        self._reported: Final = host.event()
        self._room: Final = RoomWaits()

    @property
    def name(self) -> str:
        """See `InMemoryQueue`."""
        return self._name

    @property
    def failed(self) -> int:
        """See `InMemoryQueue`."""
        with self._lock:
            return self._failed_before + sum(consumer.failed for consumer in (*self._consumers, *self._leaving))

    @property
    def is_closed(self) -> bool:
        """See `InMemoryQueue`."""
        return self._is_closing

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """See `InMemoryQueue`."""
        return self._consumers

    # -- what a queue has of its own ----------------------------------------------------------------------------

    @property
    @abstractmethod
    def buffer_size(self) -> int:
        """See `InMemoryQueue`."""

    @property
    @abstractmethod
    def depth(self) -> int:
        """See `InMemoryQueue`."""

    @property
    @abstractmethod
    def _taken(self) -> int:
        """How many messages consumers have taken. The lock of the turns is held."""

    @abstractmethod
    def enqueue_sync(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """See `InMemoryQueue`."""

    @abstractmethod
    def sender(self) -> Put:
        """See `InMemoryQueue`."""

    @abstractmethod
    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        """Put a message into the queue if there is room: True; None if there is none, False if the queue is closed."""

    @abstractmethod
    def _shut(self) -> None:
        """Refuse what is enqueued from now on, and return when everything that was accepted is there to be taken."""

    # -- producers ----------------------------------------------------------------------------------------------

    async def enqueue(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """See `InMemoryQueue`."""
        limit = None if timeout is None else check_timeout(timeout)
        if self._room.is_empty:
            accepted = self.try_enqueue(envelope)
            if accepted is not None:
                return accepted
        with self.waiting_for_room(limit, asyncio.current_task()):
            return await self._room.wait(lambda: self.try_enqueue(envelope), limit, self.no_room)

    def no_room(self, timeout: float | None) -> TimeoutError:
        """What a producer gets that has waited in vain."""
        return TimeoutError(
            f"no room in the queue {self._name!r} of {self.buffer_size} messages within {timeout} s; nothing was enqueued"
        )

    @contextlib.contextmanager
    def waiting_for_room(self, timeout: float | None, task: object = None) -> Iterator[None]:
        """Around a wait for room, which may be a handler's.

        Args:
            timeout: of the wait; one that has a limit is no deadlock.
            task: that waits, where the thread goes on meanwhile.

        Raises:
            DeadlockError: the handlers of all other consumers wait for room too: who should make any?
        """
        own: list[Consumer] = []
        if timeout is None:
            with self._lock:
                thread, consumers = self._host.thread_id(), self._consumers
                own = [consumer for consumer in consumers if consumer.handles_in(thread, task)]
                if own and all(consumer in own or consumer.waits_for_room for consumer in consumers):
                    raise DeadlockError(
                        f"the handlers of all {len(consumers)} consumers of the queue {self._name!r} wait for room in it: "
                        f"there can never be any. Add consumers, enqueue elsewhere, or make the queue larger than what "
                        f"handlers enqueue"
                    )
                for consumer in own:
                    consumer.waits_for_room = True
        try:
            yield
        finally:
            for consumer in own:
                consumer.waits_for_room = False

    # -- consumers ----------------------------------------------------------------------------------------------

    def add_consumer(self, handler: MessageHandler, *, name: str | None = None) -> Consumer:
        """See `InMemoryQueue`."""
        is_coroutine_function(handler)  # what is no handler is refused before anything is done
        with self._lock:
            if self._is_closing:
                raise RuntimeError(f"the queue {self._name!r} is closed: it takes no more consumers")
            name = f"{self._name} #{next(self._numbers)}" if name is None else name
            consumer = Consumer(self._turns, handler, name, self._host)
            self._consumers = (*self._consumers, consumer)
            try:
                consumer.start(self._has_ended)
            except BaseException:
                self._consumers = tuple(each for each in self._consumers if each is not consumer)
                raise
        return consumer

    def remove_consumer(self, consumer: Consumer, timeout: float | None = None) -> bool:
        """See `InMemoryQueue`."""
        timeout = check_timeout(timeout)
        with self._lock:
            if consumer not in self._consumers:
                raise ValueError(f"{consumer!r} is no consumer of the queue {self._name!r}, or was removed before")
            self._consumers = tuple(each for each in self._consumers if each is not consumer)
            self._leaving = (*self._leaving, consumer)
        consumer.stop()
        return consumer.join(0 if consumer.runs_in(self._host.thread_id()) else timeout)

    def _has_ended(self, consumer: Consumer) -> None:
        """A consumer is gone. In its own thread."""
        with self._lock:
            self._consumers = tuple(each for each in self._consumers if each is not consumer)
            self._leaving = tuple(each for each in self._leaving if each is not consumer)
            self._failed_before += consumer.failed

    # -- end ----------------------------------------------------------------------------------------------------

    def close(self, drain: bool = True, timeout: float | None = None) -> CloseReport:
        """See `InMemoryQueue`."""
        return self._close(drain, timeout, self._host.thread_id())

    async def aclose(self, drain: bool = True, timeout: float | None = None) -> CloseReport:
        """See `InMemoryQueue`."""
        caller = self._host.thread_id()
        side = SideThread(self._host, f"{self._name} closes")
        try:
            return await side.call(lambda: self._close(drain, timeout, caller))
        finally:
            side.close()

    def _close(self, drain: bool, timeout: float | None, caller: int) -> CloseReport:
        """Close, on behalf of a thread: one of the consumers' own waits for no handler, since it is in one."""
        backoff = Backoff(self._host, self._host.event(), timeout)
        with self._lock:
            is_first = not self._is_being_closed
            self._is_closing = self._is_being_closed = True
        if not is_first:
            self._reported.wait(0 if self._runs_in(caller) else check_timeout(timeout))
            return self._report or CloseReport(self._taken_since(), 0, len(self._all_consumers()))
        try:
            self._report = self._end(drain, backoff, caller)
        except BaseException:
            # Such as Ctrl-C, because it takes too long: whoever closes next goes on with it.
            self._is_being_closed = False
            raise
        self._reported.set()
        return self._report

    def _end(self, drain: bool, backoff: Backoff, caller: int) -> CloseReport:
        """The first call of `close`."""
        self._shut()
        with self._turns.lock:
            if self._taken_before is None:
                self._taken_before = self._taken
        if drain:
            # Each turn but the last: a consumer, other than the caller, is there to take what waits, and time is left.
            while self.depth and any(not each.runs_in(caller) for each in self._consumers) and backoff.pause():
                pass
        left = self._all_consumers()
        for consumer in left:
            consumer.stop()
        # Nobody takes anything any more. What is being handled has until the deadline to end.
        handled = self._taken_since()
        discarded = self._discard()
        while any(each.is_alive and not each.runs_in(caller) for each in left) and backoff.pause():
            pass
        return CloseReport(handled, discarded, sum(each.is_alive for each in left))

    def _discard(self) -> int:
        """Take what is left; how much that was."""
        discarded = []
        with self._turns.lock:
            while (envelope := self._own_taker.take(0)) is not None:
                discarded.append(envelope)
        return len(discarded)

    def _taken_since(self) -> int:
        """What consumers have taken since the queue was closed."""
        with self._turns.lock:
            return 0 if self._taken_before is None else self._taken - self._taken_before

    def _all_consumers(self) -> tuple[Consumer, ...]:
        """Those that take messages, and those that handle their last one."""
        with self._lock:
            return (*self._consumers, *self._leaving)

    def _runs_in(self, thread: int) -> bool:
        """Whether a thread is a consumer's own."""
        return any(each.runs_in(thread) for each in self._all_consumers())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._is_closing else "open"
        return f"{type(self).__name__}({self._name!r}, {state}, depth={self.depth}, {len(self._consumers)} consumers)"
