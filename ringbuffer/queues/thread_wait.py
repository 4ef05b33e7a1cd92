"""`ThreadWait`: a thread waits for an item or for a free slot.

It yields for a moment, then sleeps until another thread wakes it.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.host import Event, Host
from ringbuffer.queues.tasks import Tasks
from ringbuffer.queues.two_lock_ring import TwoLockRing
from ringbuffer.queues.waiters import Waiters

#: How often a thread yields before it sleeps, by default. A wake-up costs both sides more than
#: these yields.
DEFAULT_YIELDS: Final = 20


class ThreadWait:
    """One wait of one thread, with a deadline. Owning thread only.

    A thread of the other side, or the thread that shuts the queue down, ends it (see `Waiters`); or
    the deadline does.

    Args:
        host: provides the clock, and events to sleep on.
        yields: how often it yields before it sleeps.
        waiters: the line of waiters that `enter` joins.
        enter: has an event set when it is time to look again; False if it is time already.
        seems_ready: a look without a lock, while the thread yields.
        timeout: the longest time in seconds, already checked; None sets no limit.

    Attributes:
        is_over: whether the time is up: the next look is the last.
    """

    __slots__ = ("_deadline", "_enter", "_host", "_seems_ready", "_waiters", "_yields", "is_over")

    def __init__(
        self,
        host: Host,
        yields: int,
        waiters: Waiters,
        enter: Callable[[Event], bool],
        seems_ready: Callable[[], bool],
        timeout: float | None,
    ) -> None:
        self._host: Final = host
        self._yields: Final = yields
        self._waiters: Final = waiters
        self._enter: Final = enter
        self._seems_ready: Final = seems_ready
        self._deadline: Final = None if timeout is None else host.monotonic() + timeout
        self.is_over = False

    def pause(self) -> None:
        """Return when it is time to look again."""
        for _ in range(self._yields):
            if self._is_late():
                return
            self._host.yield_now()
            if self._seems_ready():
                return
        if not self._is_late():
            self._sleep()

    def _is_late(self) -> bool:
        """Whether the deadline has passed. Called after each yield, which may take long."""
        self.is_over = self._deadline is not None and self._host.monotonic() >= self._deadline
        return self.is_over

    def _sleep(self) -> None:
        event = self._host.event()
        try:
            if not self._enter(event) or event.wait(self._remaining()):
                return
            # Either no thread has woken this one in time, or one has done so since. Then the next
            # look of this thread, or of the next waiter, uses that wake-up.
            self._waiters.leave(event)
        except BaseException:
            # An interrupt: wherever it came, the event must not stay among the waiters, and it must
            # not keep a wake-up for itself. A second `leave` may wake a waiter needlessly, which
            # looks and waits again.
            self._waiters.leave(event)
            raise
        self.is_over = True

    def _remaining(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - self._host.monotonic())


class Waits:
    """The waits of the threads that use one ring. Any thread.

    Args:
        ring: the ring.
        tasks: its tasks.
        host: see `ThreadWait`.
        yields: see `ThreadWait`.
    """

    __slots__ = ("_host", "_ring", "_tasks", "_yields")

    def __init__(self, ring: TwoLockRing, tasks: Tasks, host: Host, yields: int) -> None:
        self._ring: Final = ring
        self._tasks: Final = tasks
        self._host: Final = host
        self._yields: Final = yields

    def for_room(self, timeout: float | None) -> ThreadWait:
        """A wait for a free slot, which the get side ends."""
        ring = self._ring
        return ThreadWait(
            self._host, self._yields, ring.getting, ring.await_room, ring.has_room, timeout
        )

    def for_item(self, timeout: float | None) -> ThreadWait:
        """A wait for an item, which the put side ends."""
        ring = self._ring
        return ThreadWait(
            self._host, self._yields, ring.putting, ring.await_item, ring.has_item, timeout
        )

    def for_tasks(self) -> ThreadWait:
        """A wait for the last task, which the thread that finishes it ends.

        A task may take long, so the waiting thread sleeps at once.
        """
        tasks = self._tasks
        return ThreadWait(self._host, 0, tasks.waiters, tasks.await_done, tasks.are_done, None)
