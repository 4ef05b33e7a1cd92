"""`Timer`: holds items until they are due; one thread waits for all of them."""

import contextlib
import heapq
import itertools
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import ClassVar, Final

from ringbuffer.checks import Duration, check_duration, check_timeout
from ringbuffer.forks import made_here
from ringbuffer.host import Host
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.service import ServiceThread


class Timer[T]:
    """Passes items to a function when they are due, in the order of their times. Any thread.

    The first `put` starts the timer's thread. `put` and `close` wake it: they notify the condition
    that it waits on. Each wait also ends when the next item is due. An item counts as pending until
    `on_due` has returned. So a caller that finds nothing pending knows that every item was handed
    over.

    Args:
        on_due: gets each item, in the timer's thread. It must not block. What it raises is logged,
            and concerns that item alone.
        host: the source of the clock, the condition and the thread.
        name: the name of the thread.
    """

    def __init__(self, on_due: Callable[[T], object], *, host: Host, name: str) -> None:
        self._on_due: Final = on_due
        self._host: Final = host
        self._condition: Final = host.condition()
        self._numbers: Final = itertools.count()
        self._waiting: list[tuple[float, int, T]] = []
        #: The items that waited when the timer was closed.
        self._left: list[T] = []
        self._handing_over = 0
        self._is_closed = False
        self._thread: Final = ServiceThread(self._run, host=host, name=name)
        made_here(self)

    _in_child: ClassVar[Mapping[str, object]] = {"pending": 0}

    def _after_fork(self, made_in: int) -> None:
        """Close in a forked child: the items belong to the parent.

        A handler that forked may return to `_run` in the child; it finds the timer closed.
        """
        self._waiting.clear()
        self._is_closed = True

    @property
    def pending(self) -> int:
        """How many items were put in and not yet handed over."""
        with self._condition:
            return len(self._waiting) + self._handing_over + len(self._left)

    def put(self, thing: T, delay: float) -> bool:
        """Hand `thing` over in `delay` seconds. Returns False, and does nothing, if closed.

        Raises:
            ValueError, TypeError: `delay` is not a finite number of seconds, 0 or more.
                Nothing was done.
            RuntimeError, MemoryError: the system cannot start a thread. Nothing was done.
        """
        delay = check_duration("delay", delay, allow_zero=True)
        with self._condition:
            if self._is_closed:
                return False
            self._thread.ensure()  # first: without the thread, no item would ever be handed over
            entry = (self._host.monotonic() + delay, next(self._numbers), thing)
            self._condition.notify_all()  # before it is put in: see `ringbuffer.system`
            heapq.heappush(self._waiting, entry)
        return True

    def close(self) -> list[T]:
        """Accept and hand over no more items, and let the thread end. May be called repeatedly.

        Returns:
            The remaining items, in order. The caller handles them: an item that the caller deletes
            from this list is no longer pending. A later call returns the same list.
        """
        with self._condition:
            self._condition.notify_all()  # before it is closed: see `ringbuffer.system`
            left = [thing for _, _, thing in sorted(self._waiting, key=lambda entry: entry[:2])]
            if not self._is_closed:
                self._left = left  # nothing is called between these
                self._waiting = []
                self._is_closed = True
        return self._left

    def join(self, timeout: Duration | None = None) -> bool:
        """Wait, after `close`, until the thread has ended. Returns whether it has.

        The timer's own thread gets False at once.
        """
        return self._thread.join(check_timeout(timeout))

    def _run(self) -> None:
        """The thread's loop: wait, then hand over. Terminates because `close` sets `_is_closed`."""
        while True:
            with self._condition:
                while True:  # the test stands in the body: see `ringbuffer.system`
                    if self._is_closed:
                        return
                    due = self._waiting[0][0] - self._host.monotonic() if self._waiting else None
                    if due is not None and due <= 0:
                        break
                    self._condition.wait(due)
                # First: if there is no memory for it, the item stays, and `ServiceThread` calls
                # this method again.
                context = Context()
                thing = heapq.heappop(self._waiting)[2]
                self._handing_over += 1
            try:
                context.run(self._on_due, thing)  # variables set there stay with this item
            except BaseException:  # whatever this item raised, others are due after it
                with contextlib.suppress(Exception):  # such as an item whose repr fails
                    logger.exception("%r was due and could not be handed over", thing)
            finally:
                with self._condition:
                    self._handing_over -= 1
            del thing, context
