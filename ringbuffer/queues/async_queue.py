"""`AsyncQueue`: the standard library's `asyncio.Queue` on a ring, between event loops and threads.

A coroutine that finds an item, or room, goes on at once: no future, no thread, no turn of the loop. One that must wait
enters the same line of waiters as the threads of a `Queue` do, with a future in place of an event. Whoever puts or gets,
in whatever thread, wakes it through its loop, and it looks again: nothing is ever handed to a future, so a task that is
cancelled when it was just woken has taken nothing, and wakes the next in its place.
"""

import asyncio
import queue
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from ringbuffer.checks import check_at_least_one
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.producer.values import chunks
from ringbuffer.queues.errors import AsyncPutManyShutDown, tell
from ringbuffer.queues.queue import Queue
from ringbuffer.queues.threads import CHUNK
from ringbuffer.queues.two_lock_ring import NOTHING
from ringbuffer.queues.waiters import Waiter, Waiters


class AsyncQueue[T]:
    """A bounded first-in, first-out queue with the face of `asyncio.Queue`. Any thread, and any number of event loops.

    It raises what `asyncio.Queue` raises: `asyncio.QueueFull`, `QueueEmpty`, `QueueShutDown`. Threads use `sync`, which is a
    `ringbuffer.Queue` over the same items, with the errors of `queue`.

    A task that is cancelled, or whose loop is closed while it waits, has taken and put nothing. A task of a loop that is
    stopped, and not closed, may be the one that is woken for an item: then the item waits until the loop runs again.

    Args:
        maxsize: the most items at a time, 1 or more; see `Queue`, as for the others.

    Raises:
        ValueError: `maxsize` is less than 1, or its slots do not fit into memory.
        TypeError: `maxsize` is no integer.
    """

    __slots__ = ("__weakref__", "_ring", "_sync", "_tasks")

    def __init__(self, maxsize: int = 0, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST) -> None:
        self._sync: Final = Queue[T](maxsize, memory=memory, host=host)
        self._ring: Final = self._sync._ring
        self._tasks: Final = self._sync._tasks

    @property
    def sync(self) -> Queue[T]:
        """The same queue for threads: it blocks the thread that waits, so it is not for coroutines."""
        return self._sync

    # -- one item ------------------------------------------------------------------------------------------------

    async def put(self, item: T) -> None:
        """Put an item; wait for room without blocking the event loop.

        Raises:
            asyncio.QueueShutDown: the queue is shut down. The item was not put.
        """
        ring = self._ring
        try:
            # Each turn but the last waits until there may be room, or the queue is shut down.
            while not ring.offer(item):
                await _turn(ring.getting, ring.await_room)
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None

    def put_nowait(self, item: T) -> None:
        """Put an item if there is room now.

        Raises:
            asyncio.QueueFull: there is no room. The item was not put.
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
            while (item := ring.poll()) is NOTHING:
                await _turn(ring.putting, ring.await_item)
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None
        return cast(T, item)

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

    # -- many items ----------------------------------------------------------------------------------------------

    async def put_many(self, items: Iterable[T]) -> int:
        """Put every item, in order, as many at a time as there is room for; how many is returned.

        Items are taken from the iterable up to 256 at a time.

        Raises:
            asyncio.QueueShutDown: the queue is shut down. Its `published` says how many were put, and `unpublished` holds those
                that were taken from the iterable and were not.
            asyncio.CancelledError: the task was cancelled; the error says the same.
            Exception: what the iterable raised. What it gave before that is put.
        """
        ring = self._ring
        put = 0
        for taken, failure in chunks(items, CHUNK):
            at = 0
            try:
                while at < len(taken):
                    count = ring.offer_many(taken, at)
                    at += count
                    if count == 0:
                        await _turn(ring.getting, ring.await_room)
            except queue.ShutDown:
                raise tell(AsyncPutManyShutDown(), put + at, taken[at:], failure) from None
            except asyncio.CancelledError as error:
                setattr(error, "published", put + at)  # noqa: B010 - it comes from asyncio, which has no such attributes
                setattr(error, "unpublished", tuple(taken[at:]))  # noqa: B010
                raise
            put += at
            if failure is not None:
                raise failure
        return put

    async def get_many(self, max_items: int | None = None) -> list[T]:
        """Wait for an item, and take it with all that are there behind it, in order; at most `max_items`.

        Raises:
            asyncio.QueueShutDown: the queue is shut down, and every item was taken.
            ValueError, TypeError: `max_items` is not 1 or more. Nothing was taken.
        """
        ring = self._ring
        most = check_at_least_one("max_items", max_items) or len(ring.slots)
        try:
            while not (items := ring.poll_many(most)):
                await _turn(ring.putting, ring.await_item)
        except queue.ShutDown:
            raise asyncio.QueueShutDown from None
        return items

    # -- tasks, and the end --------------------------------------------------------------------------------------

    def task_done(self, count: int = 1) -> None:
        """Note that the work on an item is done, or on `count` items; `ValueError` if that is more than were put."""
        self._sync.task_done(count)

    async def join(self) -> None:
        """Wait until the work on every item that was put is done."""
        while not self._tasks.are_done():
            await _turn(self._tasks.waiters, self._tasks.await_done)

    @property
    def unfinished_tasks(self) -> int:
        """How many items were put on which the work is not done."""
        return self._sync.unfinished_tasks

    def shutdown(self, immediate: bool = False) -> None:
        """Let every later put raise `asyncio.QueueShutDown`, and get too, once everything is taken. Who waits is woken.

        Args:
            immediate: drop what is there, and count it as done.
        """
        self._sync.shutdown(immediate)

    @property
    def is_shutdown(self) -> bool:
        """Whether `shutdown` was called."""
        return self._sync.is_shutdown

    # -- looking at it -------------------------------------------------------------------------------------------

    @property
    def maxsize(self) -> int:
        """The most items at a time."""
        return self._sync.maxsize

    def qsize(self) -> int:
        """How many items there were at a moment of the call; other threads may put and take meanwhile."""
        return self._sync.qsize()

    def empty(self) -> bool:
        """Whether there was no item, at a moment of the call."""
        return self._sync.empty()

    def full(self) -> bool:
        """Whether there was no room, at a moment of the call."""
        return self._sync.full()

    def __repr__(self) -> str:
        shut_down = ", shut down" if self.is_shutdown else ""
        return f"<{type(self).__name__} of {self.qsize()} items, maxsize={self.maxsize}{shut_down}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"an {type(self).__name__} belongs to the threads of one process and cannot be copied or pickled")


class LoopWaiter:
    """A task that waits, for `Waiters`. Made by the task, set from any thread."""

    __slots__ = ("_loop", "future")

    def __init__(self) -> None:
        self._loop: Final = asyncio.get_running_loop()
        self.future: Final[asyncio.Future[None]] = self._loop.create_future()

    def set(self) -> bool:
        """Wake the task, in its loop; False where the loop is closed."""
        if asyncio._get_running_loop() is self._loop:
            self._wake()  # who waits and who wakes it share a loop: its pipe need not be written to
            return True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            return False
        return True

    def _wake(self) -> None:
        if not self.future.done():  # it may be cancelled, and it may be set twice
            self.future.set_result(None)


async def _turn(waiters: Waiters, enter: Callable[[Waiter], bool]) -> None:
    """Wait until it is time to look again.

    Raises:
        asyncio.CancelledError, GeneratorExit: the task was cancelled, or thrown away with its loop. If it was woken before, the
            next waiter is woken in its place.
    """
    waiter = LoopWaiter()
    try:
        if enter(waiter):
            await waiter.future
    except BaseException:
        waiters.leave(waiter)
        raise
