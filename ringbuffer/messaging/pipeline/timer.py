"""`Timer`: things that are due later, and the one thread that waits for them."""

import heapq
import itertools
from collections.abc import Callable
from typing import Final

from ringbuffer.host import Host, Thread
from ringbuffer.messaging.pipeline.logs import logger


class Timer[T]:
    """Hands things over when they are due, in the order in which they are. Any thread.

    Its thread starts with the first thing that is put in. Who wakes it: `put` and `close` notify the condition that it waits
    on, and each wait is limited by when the next thing is due. A thing counts as pending until `on_due` has returned, so
    who finds nothing pending knows that everything was handed over.

    Args:
        on_due: gets each thing, in the timer's thread. It must not block; what it raises is logged.
        host: what provides the clock, the condition and the thread.
        name: of the thread.
    """

    def __init__(self, on_due: Callable[[T], object], *, host: Host, name: str) -> None:
        self._on_due: Final = on_due
        self._host: Final = host
        self._name: Final = name
        self._condition: Final = host.condition()
        self._numbers: Final = itertools.count()
        self._waiting: list[tuple[float, int, T]] = []
        self._handing_over = 0
        self._is_closed = False
        self._thread: Thread | None = None

    @property
    def pending(self) -> int:
        """How many things were put in and not handed over yet."""
        with self._condition:
            return len(self._waiting) + self._handing_over

    def put(self, thing: T, delay: float) -> bool:
        """Hand `thing` over in `delay` seconds; False, and nothing done, if the timer is closed."""
        with self._condition:
            if self._is_closed:
                return False
            if self._thread is None:  # first: without it nothing would ever be due
                self._thread = self._host.start_thread(self._run, self._name)
            heapq.heappush(self._waiting, (self._host.monotonic() + delay, next(self._numbers), thing))
            self._condition.notify_all()
        return True

    def close(self) -> list[T]:
        """Take nothing more, hand nothing more over, and let the thread end; what was left. Any number of times."""
        with self._condition:
            self._is_closed = True
            left = [thing for _, _, thing in sorted(self._waiting, key=lambda entry: entry[:2])]
            self._waiting.clear()
            self._condition.notify_all()
        return left

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended, after `close`; whether it has. False, at once, to that thread itself."""
        thread = self._thread
        if thread is None:
            return True
        if thread is self._host.current_thread():
            return False
        thread.join(timeout)
        return not thread.is_alive()

    def _run(self) -> None:
        """Wait, hand over; ends when closed."""
        while True:
            with self._condition:
                while not self._is_closed:
                    due = self._waiting[0][0] - self._host.monotonic() if self._waiting else None
                    if due is not None and due <= 0:
                        break
                    self._condition.wait(due)
                if self._is_closed:
                    return
                thing = heapq.heappop(self._waiting)[2]
                self._handing_over += 1
            try:
                self._on_due(thing)
            except Exception:
                logger.exception("%r was due and could not be handed over", thing)
            finally:
                with self._condition:
                    self._handing_over -= 1
            del thing
