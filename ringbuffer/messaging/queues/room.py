"""`RoomWaits`: how the tasks of an event loop wait for room in a queue."""

import asyncio
import threading
from collections.abc import Callable
from typing import Final

#: Turns of the loop before the first pause.
TURNS: Final = 10
#: Between two looks for room, in seconds.
PAUSE: Final = 1e-3


class RoomWaits(threading.local):
    """The tasks of the calling thread's event loop that wait for room: a line. Each thread sees its own.

    Consumers signal nobody, so that nobody who makes progress has to pay for it. So the first task in the line looks for room
    now and then; the others wait for that one. Where there is room, it is taken in the same step of the loop in which it was
    found: a task that is cancelled has enqueued nothing.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first = asyncio.Lock()
        self._waiting = 0

    @property
    def is_empty(self) -> bool:
        """Whether no task of this thread waits: who comes now need not queue up."""
        return self._waiting == 0

    async def wait(
        self, attempt: Callable[[], bool | None], timeout: float | None, no_room: Callable[[float | None], TimeoutError]
    ) -> bool:
        """What `attempt` returns when it is not None.

        Raises:
            TimeoutError: from `no_room`, if it was None for `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # an earlier loop of this thread has ended, and with it whoever waited there
            self._loop, self._first, self._waiting = loop, asyncio.Lock(), 0
        first = self._first
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout), first:
                turns = 0
                while (result := attempt()) is None:
                    turns += 1
                    await asyncio.sleep(0 if turns <= TURNS else PAUSE)
                return result
        except TimeoutError as error:
            raise no_room(timeout) from error
        finally:
            if first is self._first:
                self._waiting -= 1
