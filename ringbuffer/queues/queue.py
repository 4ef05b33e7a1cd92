"""`Queue`: the standard library's `queue.Queue` on a ring."""

from collections.abc import Iterable
from typing import Any, Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.queues.tasks import Tasks
from ringbuffer.queues.thread_wait import DEFAULT_YIELDS, Waits
from ringbuffer.queues.threads import Get, Put, fast_get, fast_put, get_many, put_many
from ringbuffer.queues.two_lock_ring import TwoLockRing


class Queue[T]:
    """A bounded first-in, first-out queue between threads, with the face of `queue.Queue`. Any thread.

    Items come out in the order in which they went in, each to one thread. An item that was taken is not kept alive.

    A call that `KeyboardInterrupt` ends has left no lock held and nothing half done: either it has done nothing, or it was done
    already, and then what it took is gone with it.

    Args:
        maxsize: the most items at a time, 1 or more. The ring has the next power of two of slots; the limit is exact.
        yields: how often a thread that waits yields before it sleeps; more of them wait with less delay and more load.
        memory: what provides the sequences and the slots.
        host: what provides locks, events and the clock.

    Raises:
        ValueError: `maxsize` is less than 1, or its slots do not fit into memory; `yields` is negative.
        TypeError: one of them is no integer.
    """

    __slots__ = {
        "__weakref__": None,
        "_ring": None,
        "_tasks": None,
        "_waits": None,
        "get": """Take the next item, as `queue.Queue.get(block=True, timeout=None)`.

        Args:
            block: whether to wait for an item; without, `timeout` is not looked at.
            timeout: the longest wait, in seconds; None waits without a limit.

        Raises:
            queue.Empty: there was no item, or none in time.
            queue.ShutDown: the queue is shut down, and every item was taken.
            ValueError, TypeError: `timeout` is negative or no number.
        """,
        "put": """Put an item, as `queue.Queue.put(item, block=True, timeout=None)`.

        Args:
            item: any object.
            block: whether to wait for room; without, `timeout` is not looked at.
            timeout: the longest wait, in seconds; None waits without a limit.

        Raises:
            queue.Full: there was no room, or none in time. The item was not put.
            queue.ShutDown: the queue is shut down. The item was not put.
            ValueError, TypeError: `timeout` is negative or no number.
        """,
    }

    put: Put[T]
    get: Get[T]

    def __init__(
        self,
        maxsize: int = 0,
        *,
        yields: int = DEFAULT_YIELDS,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        ring = TwoLockRing(_checked(maxsize), memory, host)
        self._ring: Final = ring
        self._tasks: Final = Tasks(ring.tail_word(), memory, host)
        self._waits: Final = Waits(ring, self._tasks, host, check_number("yields", yields, 0))
        slots: Any = Queue  # by the slots themselves: a subclass may have methods of these names
        slots.put.__set__(self, fast_put(ring, self._waits))
        slots.get.__set__(self, fast_get(ring, self._waits))

    def put_nowait(self, item: T) -> None:
        """Put an item if there is room now, else raise `queue.Full`."""
        self.put(item, False)

    def get_nowait(self) -> T:
        """Take the next item if there is one now, else raise `queue.Empty`."""
        return self.get(False)

    def put_many(self, items: Iterable[T], timeout: float | None = None) -> int:
        """Put every item, in order, as many at a time as there is room for; how many is returned.

        Items are taken from the iterable up to 256 at a time. Between two slices other threads may put theirs. What was taken
        from the iterable when `KeyboardInterrupt` comes, 256 items at the most, may be put or not.

        Args:
            items: any iterable, however long.
            timeout: the longest time in all, in seconds; None sets no limit.

        Raises:
            queue.Full: there was no room in time. As with `ShutDown`, its `published` says how many were put, and `unpublished`
                holds those that were taken from the iterable and were not.
            queue.ShutDown: the queue is shut down.
            Exception: what the iterable raised. What it gave before that is put.
            ValueError, TypeError: `timeout` is negative or no number. Nothing was taken.
        """
        return put_many(self._ring, self._waits, items, timeout)

    def get_many(self, max_items: int | None = None, timeout: float | None = None) -> list[T]:
        """Wait for an item, and take it with all that are there behind it, in order.

        Args:
            max_items: the most to take; None takes all.
            timeout: the longest wait for the first, in seconds; None sets no limit, 0 does not wait.

        Raises:
            queue.Empty: there was no item in time.
            queue.ShutDown: the queue is shut down, and every item was taken.
            ValueError, TypeError: a wrong argument. Nothing was taken.
        """
        return get_many(self._ring, self._waits, max_items, timeout)

    # -- tasks ---------------------------------------------------------------------------------------------------

    def task_done(self, count: int = 1) -> None:
        """Note that the work on an item is done, or on `count` items; once for each item that was taken.

        Raises:
            ValueError: more than were put. Nothing was noted.
        """
        self._tasks.done(check_number("count", count, 1))

    def join(self) -> None:
        """Wait until the work on every item that was put is done."""
        wait = self._waits.for_tasks()
        # Ends as soon as a look finds nothing unfinished; each turn but the last is a pause.
        while not self._tasks.are_done():
            wait.pause()

    @property
    def unfinished_tasks(self) -> int:
        """How many items were put on which the work is not done."""
        return self._tasks.unfinished

    # -- the end -------------------------------------------------------------------------------------------------

    def shutdown(self, immediate: bool = False) -> None:
        """Let every later put raise `queue.ShutDown`, and get too, once everything is taken. Who waits is woken.

        Args:
            immediate: drop what is there, and count it as done.
        """
        self._ring.shut_down(immediate, self._tasks.dropped)

    @property
    def is_shutdown(self) -> bool:
        """Whether `shutdown` was called."""
        return self._ring.is_shut_down

    # -- looking at it -------------------------------------------------------------------------------------------

    @property
    def maxsize(self) -> int:
        """The most items at a time. It may be set, up to the number of slots; if there are more items, they stay."""
        return self._ring.maxsize

    @maxsize.setter
    def maxsize(self, maxsize: int) -> None:
        slots = len(self._ring.slots)
        if _checked(maxsize) > slots:
            raise ValueError(
                f"this queue has {slots} slots, so maxsize can be {slots} at the most, not {maxsize}; make a new one"
            )
        self._ring.resize(maxsize)

    def qsize(self) -> int:
        """How many items there were at a moment of the call; others may put and take meanwhile."""
        return self._ring.length()

    def empty(self) -> bool:
        """Whether there was no item, at a moment of the call."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Whether there was no room, at a moment of the call."""
        return self.qsize() >= self.maxsize

    @property
    def claimed(self) -> int:
        """The last sequence given to a put; here the same as `published`, since nobody sees one without the other."""
        return self._ring.published

    @property
    def published(self) -> int:
        """The sequence of the last item put: how many were, less one."""
        return self._ring.published

    @property
    def consumed(self) -> int:
        """The sequence of the last item taken."""
        return self._ring.consumed

    def __repr__(self) -> str:
        shut_down = ", shut down" if self.is_shutdown else ""
        return f"<{type(self).__name__} of {self.qsize()} items, maxsize={self.maxsize}{shut_down}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} belongs to the threads of one process and cannot be copied or pickled")


def _checked(maxsize: int) -> int:
    if isinstance(maxsize, bool) or not isinstance(maxsize, int):
        raise TypeError(f"maxsize must be an integer, not {maxsize!r}")
    if maxsize < 1:
        raise ValueError(
            f"maxsize must be 1 or more, not {maxsize}: the slots of a ring are made beforehand, so there is no queue without "
            f"a bound. Give the most items that may wait at a time, such as 1024"
        )
    return maxsize


def check_number(name: str, value: int, least: int) -> int:
    """`value`, an integer of at least `least`.

    Raises:
        TypeError: it is no integer.
        ValueError: it is less.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more, not {value}")
    return value
