"""`Queue`: the standard library's `queue.Queue` on a ring."""

from collections.abc import Iterable
from typing import Any, Final

from ringbuffer.checks import check_integer
from ringbuffer.forks import Noted, made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.memory.slot_limits import check_slots
from ringbuffer.one_process import OneProcess
from ringbuffer.queues.hooks import WithoutHooks
from ringbuffer.queues.slot_methods import MethodsInSlots, bind, bound_method, stands_for
from ringbuffer.queues.tasks import Tasks
from ringbuffer.queues.thread_wait import DEFAULT_YIELDS, Waits
from ringbuffer.queues.threads import Get, Put, fast_get, fast_put, get_many, put_many
from ringbuffer.queues.two_lock_ring import TwoLockRing
from ringbuffer.reentry import is_using

#: The modules that hold locks of a queue.
_HOLDS_LOCKS: Final = "ringbuffer.queues."


class Queue[T](OneProcess, WithoutHooks, Noted, metaclass=MethodsInSlots):
    """A bounded first-in, first-out queue with the interface of `queue.Queue`. Any thread.

    Items come out in the order in which they went in, each to one thread. The queue does not keep
    an item alive after it was taken.

    A call that `KeyboardInterrupt` ends holds no lock and leaves nothing half done. Either it has
    done nothing, or it was complete already. In the second case an item that it took is lost.

    Args:
        maxsize: the most items at a time, 1 or more. No default fits every program, so the queue
            refuses `Queue()`, which sets no limit in the standard library. The ring has the next
            power of two of slots; the limit is exact.
        yields: how often a waiting thread yields before it sleeps. More yields mean less delay and
            more load.
        memory: provides the sequences and the slots.
        host: provides locks, events and the clock.

    Raises:
        ValueError: `maxsize` is less than 1, or its slots do not fit into memory; or `yields` is
            negative.
        TypeError: one of them is not an integer.
    """

    __slots__ = ("_host", "_ring", "_tasks", "_waits", "get", "put")

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
        self._host: Final = host
        self._ring: Final = ring
        self._tasks: Final = Tasks(ring.tail_word(), memory, host)
        self._waits: Final = Waits(ring, self._tasks, host, check_integer("yields", yields, 0))
        bind(Queue, self, fast_put(ring, self._waits), fast_get(ring, self._waits))
        made_here(self)

    def put_nowait(self, item: T) -> None:
        """Put an item if there is a free slot now; otherwise raise `queue.Full`."""
        self.put(item, False)

    def get_nowait(self) -> T:
        """Take the next item if there is one now; otherwise raise `queue.Empty`."""
        return self.get(False)

    def put_many(self, items: Iterable[T], timeout: float | None = None) -> int:
        """Put every item, in order, as many at a time as there are free slots; return how many.

        The call takes up to 256 items from the iterable at a time. Between two slices other threads
        may put theirs. If `KeyboardInterrupt` comes, the items of the current slice, at most 256,
        may be put or not.

        Args:
            items: any iterable, however long.
            timeout: the longest time in all, in seconds; None sets no limit.

        Raises:
            queue.Full: there was no free slot in time. As with `ShutDown`, its `published` says how
                many items were put. `unpublished` holds those that were taken from the iterable and
                not put.
            queue.ShutDown: the queue is shut down.
            Exception: an error of the iterable. The items before it were put.
            ValueError, TypeError: `timeout` is negative or not a number. The call took no item.
        """
        return put_many(self._ring, self._waits, items, timeout)

    def get_many(self, max_items: int | None = None, timeout: float | None = None) -> list[T]:
        """Wait for an item, and take it with all the items behind it, in order.

        Args:
            max_items: the most items to take; None takes all.
            timeout: the longest wait for the first, in seconds; None sets no limit, 0 does not
                wait.

        Raises:
            queue.Empty: there was no item in time.
            queue.ShutDown: the queue is shut down, and every item was taken.
            ValueError, TypeError: an argument is wrong. The call took no item.
        """
        return get_many(self._ring, self._waits, max_items, timeout)

    # -- tasks ----------------------------------------------------------------------------

    def task_done(self, count: int = 1) -> None:
        """Note that the work on one item, or on `count` items, is done.

        Call it once for each item that was taken.

        Raises:
            ValueError: more items would be done than were put. The call noted nothing.
        """
        self._tasks.done(check_integer("count", count, 1))

    def join(self) -> None:
        """Wait until the work on every item that was put is done."""
        wait = self._waits.for_tasks()
        # Terminates because the thread that finishes the last task ends the pause. If other threads
        # keep putting items, it waits for those as well.
        while not self._tasks.are_done():
            wait.pause()

    @property
    def unfinished_tasks(self) -> int:
        """The number of items that were put and are not done yet."""
        return self._tasks.unfinished

    # -- the end --------------------------------------------------------------------------

    def shutdown(self, immediate: bool = False) -> None:
        """Let every later put raise `queue.ShutDown`, and every get after the last item was taken.

        Wakes all waiting threads. A signal handler may have interrupted a call of its own thread,
        which may hold a lock of the queue. Then another thread shuts the queue down. That thread
        waits for the lock, so it continues after the handler has returned. The interrupted call
        does its work first, or raises `queue.ShutDown`.

        Args:
            immediate: drop all items, and count them as done.

        Raises:
            RuntimeError: the call comes from such a signal handler, and no thread can be started.
                The queue is not shut down.
        """
        ring, tasks = self._ring, self._tasks
        parts = (ring, ring.putting, ring.getting, tasks, tasks.waiters)
        if is_using(_HOLDS_LOCKS, parts):
            self._host.start_thread(
                lambda: ring.shut_down(immediate, tasks.dropped), "shuts a queue down"
            )
        else:
            ring.shut_down(immediate, tasks.dropped)

    @property
    def is_shutdown(self) -> bool:
        """Whether `shutdown` was called."""
        return self._ring.is_shut_down

    # -- looking at it --------------------------------------------------------------------

    @property
    def maxsize(self) -> int:
        """The most items at a time.

        It may be set, up to the number of slots. If there are more items, they stay.
        """
        return self._ring.maxsize

    @maxsize.setter
    def maxsize(self, maxsize: int) -> None:
        slots, maxsize = len(self._ring.slots), _checked(maxsize)
        if maxsize > slots:
            raise ValueError(
                f"this queue has {slots} slots, so maxsize can be at most {slots}, "
                f"not {maxsize}; make a new one"
            )
        self._ring.resize(maxsize)

    def qsize(self) -> int:
        """How many items there were at one moment; other threads may put and get meanwhile."""
        return self._ring.length()

    def empty(self) -> bool:
        """Whether there was no item, at a moment of the call."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Whether there was no free slot, at a moment of the call."""
        return self.qsize() >= self.maxsize

    @property
    def claimed(self) -> int:
        """The last sequence given to a put.

        The same as `published`, because no thread sees one without the other.
        """
        return self._ring.published

    @property
    def published(self) -> int:
        """The sequence of the last item put: the number of items put, minus one."""
        return self._ring.published

    @property
    def consumed(self) -> int:
        """The sequence of the last item taken."""
        return self._ring.consumed

    def __repr__(self) -> str:
        shut_down = ", shut down" if self.is_shutdown else ""
        return f"<{type(self).__name__} of {self.qsize()} items, maxsize={self.maxsize}{shut_down}>"


def _put(  # noqa: D417
    self: Any, item: Any, block: bool = True, timeout: float | None = None
) -> None:
    """Put an item, as `queue.Queue.put`.

    Args:
        item: any object.
        block: whether to wait for a free slot; False ignores `timeout`.
        timeout: the longest wait, in seconds; None waits without a limit.

    Raises:
        queue.Full: there was no free slot, or none in time. The item was not put.
        queue.ShutDown: the queue is shut down. The item was not put.
        ValueError, TypeError: `timeout` is negative or not a number.
    """
    bound_method(Queue, "put", self)(item, block, timeout)


def _get(self: Any, block: bool = True, timeout: float | None = None) -> Any:  # noqa: D417
    """Take the next item, as `queue.Queue.get`.

    Args:
        block: whether to wait for an item; False ignores `timeout`.
        timeout: the longest wait, in seconds; None waits without a limit.

    Raises:
        queue.Empty: there was no item, or none in time.
        queue.ShutDown: the queue is shut down, and every item was taken.
        ValueError, TypeError: `timeout` is negative or not a number.
    """
    return bound_method(Queue, "get", self)(block, timeout)


stands_for(Queue, put=_put, get=_get)


def _checked(maxsize: int) -> int:
    maxsize = check_integer("maxsize", maxsize)
    if maxsize < 1:
        raise ValueError(
            f"maxsize must be 1 or more, not {maxsize}: the slots of a ring are allocated in "
            f"advance, so there is no queue without a bound. Give the most items that may wait at "
            f"a time, such as maxsize=1024; a put then waits for a free slot. Use "
            f"queue.SimpleQueue if there must be no bound"
        )
    check_slots("maxsize", maxsize)
    return maxsize
