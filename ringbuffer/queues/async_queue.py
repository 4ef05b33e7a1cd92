"""`AsyncQueue`: the standard library's `asyncio.Queue` on a ring, between event loops and threads.

A coroutine that finds an item, or a free slot, continues at once. It needs no future, no thread and
no iteration of the loop. A coroutine that must wait enters the same line of waiters as the threads
of a `Queue`, with a future in place of an event. A thread or task that puts or gets wakes it
through its loop, and it looks again. No item is ever handed to a future. So a task that is
cancelled right after a wake-up has taken nothing, and wakes the next waiter in its place.
"""

import asyncio
import queue
from collections.abc import Callable, Iterable
from typing import Final, cast

from ringbuffer.checks import check_at_least_one
from ringbuffer.errors import PublicationError
from ringbuffer.forks import Noted, made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.one_process import OneProcess
from ringbuffer.producer.values import chunks
from ringbuffer.queues.errors import tell
from ringbuffer.queues.hooks import WithoutHooks
from ringbuffer.queues.queue import Queue
from ringbuffer.queues.threads import CHUNK
from ringbuffer.queues.two_lock_ring import NOTHING
from ringbuffer.queues.waiters import Waiter, Waiters


class AsyncPutManyShutDown(PublicationError, asyncio.QueueShutDown):
    """The queue was shut down before `put_many` had put all of the items."""


class AsyncQueue[T](OneProcess, WithoutHooks, Noted):
    """A bounded first-in, first-out queue with the interface of `asyncio.Queue`.

    Any thread, and any number of event loops. It raises what `asyncio.Queue` raises:
    `asyncio.QueueFull`, `QueueEmpty`, `QueueShutDown`. Threads use `sync`, which is a
    `ringbuffer.Queue` over the same items, with the errors of `queue`.

    A task that is cancelled, or whose loop is closed while it waits, has taken and put nothing. A
    wake-up for an item may go to a task of a loop that is stopped and not closed. Then the item
    waits until the loop runs again.

    Args:
        maxsize: the most items at a time, 1 or more; see `Queue`.
        memory: see `Queue`.
        host: see `Queue`.

    Raises:
        ValueError: `maxsize` is less than 1, or its slots do not fit into memory.
        TypeError: `maxsize` is not an integer.
    """

    __slots__ = ("_ring", "_sync", "_tasks")

    def __init__(
        self, maxsize: int = 0, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST
    ) -> None:
        self._sync: Final = Queue[T](maxsize, memory=memory, host=host)
        self._ring: Final = self._sync._ring
        self._tasks: Final = self._sync._tasks
        made_here(self)

    @property
    def sync(self) -> Queue[T]:
        """The same queue for threads. It blocks its caller, so do not use it in coroutines."""
        return self._sync

    # -- one item -------------------------------------------------------------------------

    async def put(self, item: T) -> None:
        """Put an item; wait for a free slot without blocking the event loop.

        Raises:
            asyncio.QueueShutDown: the queue is shut down. The item was not put.
        """
        ring = self._ring
        try:
            # Terminates because each wait ends when there may be a free slot, or the queue is shut
            # down. If the ring is full again, another thread or task has put an item.
            while True:
                if ring.offer(item):
                    return
                await _turn(ring.getting, ring.await_room)
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None

    def put_nowait(self, item: T) -> None:
        """Put an item if there is a free slot now.

        Raises:
            asyncio.QueueFull: there is no free slot. The item was not put.
            asyncio.QueueShutDown: the queue is shut down. The item was not put.
        """
        try:
            if not self._ring.offer(item):
                raise asyncio.QueueFull
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None

    async def get(self) -> T:
        """Take the next item; wait for one without blocking the event loop.

        Raises:
            asyncio.QueueShutDown: the queue is shut down, and every item was taken.
        """
        ring = self._ring
        try:
            while True:
                item = ring.poll()
                if item is not NOTHING:
                    return cast(T, item)
                await _turn(ring.putting, ring.await_item)
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None

    def get_nowait(self) -> T:
        """Take the next item if there is one now.

        Raises:
            asyncio.QueueEmpty: there is no item.
            asyncio.QueueShutDown: the queue is shut down, and every item was taken.
        """
        try:
            item = self._ring.poll()
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None
        if item is NOTHING:
            raise asyncio.QueueEmpty
        return cast(T, item)

    # -- many items -----------------------------------------------------------------------

    async def put_many(self, items: Iterable[T]) -> int:
        """Put every item, in order, as many at a time as there are free slots; return how many.

        The call takes up to 256 items from the iterable at a time.

        Raises:
            asyncio.QueueShutDown: the queue is shut down. Its `published` says how many items were
                put. `unpublished` holds those that were taken from the iterable and not put.
            asyncio.CancelledError: the task was cancelled. It has the same two attributes.
            Exception: an error of the iterable. The items before it were put.
        """
        ring = self._ring
        put = 0
        for taken, failure in chunks(items, CHUNK):
            at = 0
            try:
                while True:
                    if at == len(taken):
                        break
                    count = ring.offer_many(taken, at)
                    at += count
                    if count == 0:
                        await _turn(ring.getting, ring.await_room)
            except queue.ShutDown:
                raise tell(AsyncPutManyShutDown(), put + at, taken[at:], failure) from None
            except asyncio.CancelledError as error:
                # The class of asyncio does not declare these attributes, hence `setattr`.
                setattr(error, "published", put + at)  # noqa: B010
                setattr(error, "unpublished", tuple(taken[at:]))  # noqa: B010
                raise
            put += at
            if failure is not None:
                raise failure
        return put

    async def get_many(self, max_items: int | None = None) -> list[T]:
        """Wait for an item, and take it with the items behind it, in order; at most `max_items`.

        Raises:
            asyncio.QueueShutDown: the queue is shut down, and every item was taken.
            ValueError, TypeError: `max_items` is not 1 or more. The call took no item.
        """
        ring = self._ring
        most = check_at_least_one("max_items", max_items) or len(ring.slots)
        try:
            while True:
                items = ring.poll_many(most)
                if items:
                    return items
                await _turn(ring.putting, ring.await_item)
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None

    # -- tasks and shutdown ---------------------------------------------------------------

    def task_done(self, count: int = 1) -> None:
        """Note that the work on one item, or on `count` items, is done.

        Raises:
            ValueError: more items would be done than were put. The call noted nothing.
        """
        self._sync.task_done(count)

    async def join(self) -> None:
        """Wait until the work on every item that was put is done."""
        while not self._tasks.are_done():
            await _turn(self._tasks.waiters, self._tasks.await_done)

    @property
    def unfinished_tasks(self) -> int:
        """The number of items that were put and are not done yet."""
        return self._sync.unfinished_tasks

    def shutdown(self, immediate: bool = False) -> None:
        """Let every later put raise `asyncio.QueueShutDown`, and every get after the last item.

        Wakes all waiting tasks and threads.

        Args:
            immediate: drop all items, and count them as done.
        """
        self._sync.shutdown(immediate)

    @property
    def is_shutdown(self) -> bool:
        """Whether `shutdown` was called."""
        return self._sync.is_shutdown

    # -- looking at it --------------------------------------------------------------------

    @property
    def maxsize(self) -> int:
        """The most items at a time."""
        return self._sync.maxsize

    def qsize(self) -> int:
        """How many items there were at one moment; other threads may put and get meanwhile."""
        return self._sync.qsize()

    def empty(self) -> bool:
        """Whether there was no item, at a moment of the call."""
        return self._sync.empty()

    def full(self) -> bool:
        """Whether there was no free slot, at a moment of the call."""
        return self._sync.full()

    def __repr__(self) -> str:
        shut_down = ", shut down" if self.is_shutdown else ""
        return f"<{type(self).__name__} of {self.qsize()} items, maxsize={self.maxsize}{shut_down}>"


class LoopWaiter:
    """A waiting task, as `Waiters` needs it. The task makes it; any thread may set it."""

    __slots__ = ("_loop", "future")

    def __init__(self) -> None:
        self._loop: Final = asyncio.get_running_loop()
        self.future: Final[asyncio.Future[None]] = self._loop.create_future()

    def set(self) -> bool:
        """Wake the task, in its loop; False if the loop is closed."""
        if asyncio._get_running_loop() is self._loop:
            self._wake()  # the task waits in this loop, so the loop's pipe need not be written to
            return True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            return False
        return True

    def _wake(self) -> None:
        if not self.future.done():  # a task may be cancelled, and may be woken twice
            self.future.set_result(None)


async def _turn(waiters: Waiters, enter: Callable[[Waiter], bool]) -> None:
    """Wait until it is time to look again.

    Raises:
        asyncio.CancelledError, GeneratorExit: the task was cancelled, or discarded with its loop.
            If it was woken before, it wakes the next waiter in its place.
    """
    waiter = LoopWaiter()
    try:
        if enter(waiter):
            await waiter.future
    except BaseException:
        waiters.leave(waiter)
        raise
