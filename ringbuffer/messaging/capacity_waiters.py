"""`AsyncCapacityWaiters`: how the tasks of an event loop wait for free capacity.

Consumers do not signal free capacity, so that no consumer that advances pays for a signal. So a
task that waits tries again and again, and lets the other tasks of its loop run meanwhile. The try
takes the capacity that it finds in the same step of the loop. So a task that is cancelled has
published nothing.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from ringbuffer.backoff import Backoff

#: Iterations of the loop before the first pause.
ITERATIONS: Final = 10


async def poll_for_capacity(attempt: Callable[[], bool | None]) -> bool:
    """Returns what `attempt` returns when that is not None.

    Each iteration ends when the loop comes back to it: at once, or after the longest park of a
    producer. Terminates because consumers free capacity, `attempt` raises, or the task is
    cancelled, as `asyncio.timeout` does.
    """
    iterations = 0
    while True:  # see `ringbuffer.system` for why the condition does not stand here
        result = attempt()
        if result is not None:
            return result
        iterations += 1
        await asyncio.sleep(0 if iterations <= ITERATIONS else Backoff.LONGEST_PARK)


class AsyncCapacityWaiters(threading.local):
    """The tasks of the calling thread's event loop that wait for one queue, in a line.

    Each thread sees its own line.

    The first task in the line polls; the others wait for it. So they get free capacity in the order
    in which they came. This is right where all of them wait for the same capacity. On a bus each
    event has its own handlers, so there each task polls for itself, see `poll_for_capacity`.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first = asyncio.Lock()
        self._waiting = 0

    @property
    def is_empty(self) -> bool:
        """Whether no task of this thread waits, so that a new one need not queue up."""
        return self._waiting == 0

    async def wait(
        self,
        attempt: Callable[[], bool | None],
        timeout: float | None,
        no_capacity: Callable[[float | None], TimeoutError],
    ) -> bool:
        """Returns what `attempt` returns when that is not None.

        Raises:
            TimeoutError: from `no_capacity`, if it was None for `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        # An earlier loop of this thread has ended, and with it the tasks that waited there
        if loop is not self._loop:
            self._loop, self._first, self._waiting = loop, asyncio.Lock(), 0
        first = self._first
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout), first:
                return await poll_for_capacity(attempt)
        except TimeoutError as error:
            raise no_capacity(timeout) from error
        finally:
            if first is self._first:
                self._waiting -= 1
