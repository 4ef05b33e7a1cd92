"""`Channel`: a bounded queue to one handler, of which the handler takes everything that is there."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from ringbuffer.host import Host

#: The most events that a handler takes at once.
LARGEST_BATCH: Final = 256


class Channel:
    """Events on their way to one handler. One thread puts at a time, one thread or task takes.

    Who wakes whom: `put` and `close` notify the condition that a thread waits on in `take`, and call what a task has left
    with `announce`. Whoever puts has found room, which nobody else can have taken since, as only one puts at a time.

    Args:
        capacity: how many events wait at most.
        host: what provides the condition.
        made_room: called after events were taken from a channel that was full.
    """

    def __init__(self, capacity: int, host: Host, made_room: Callable[[], object]) -> None:
        self._capacity: Final = capacity
        self._made_room: Final = made_room
        self._condition: Final = host.condition()
        self._items: Final[deque[object]] = deque()
        self._waker: Callable[[], object] | None = None
        self._is_closed = False
        self._added = 0
        self._finished = 0

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return len(self._items) >= self._capacity

    @property
    def room(self) -> int:
        """How many it takes."""
        return self._capacity - len(self._items)

    @property
    def added(self) -> int:
        """How many were ever put in."""
        return self._added

    @property
    def finished(self) -> int:
        """How many were handled."""
        return self._finished

    def put(self, items: Iterable[object]) -> None:
        """Add events, for which there is room."""
        with self._condition:
            before = len(self._items)
            self._items.extend(items)
            self._added += len(self._items) - before
            waker, self._waker = self._waker, None
            self._condition.notify_all()
        if waker is not None:
            waker()

    def close(self) -> None:
        """Hand out nothing more."""
        with self._condition:
            self._is_closed = True
            waker, self._waker = self._waker, None
            self._condition.notify_all()
        if waker is not None:
            waker()

    def finish(self, count: int) -> None:
        """So many that were taken are handled. By whoever takes."""
        self._finished += count

    def take(self) -> list[object]:
        """Wait for events, and take some; none when it is closed."""
        with self._condition:
            while not self._items and not self._is_closed:
                self._condition.wait()
        return self.take_now()

    def take_now(self) -> list[object]:
        """Take what is there, at most `LARGEST_BATCH`; nothing when it is closed."""
        with self._condition:
            if self._is_closed:
                return []
            was_full = self.is_full
            items = self._items
            taken = [items.popleft() for _ in range(min(len(items), LARGEST_BATCH))]
        if was_full:
            self._made_room()
        return taken

    def announce(self, waker: Callable[[], object]) -> bool:
        """Have `waker` called at the next `put`, or at `close`; False, and nothing done, if there is no need to wait."""
        with self._condition:
            if self._items or self._is_closed:
                return False
            self._waker = waker
        return True


class ChannelBatches:
    """A channel as the batches of a task. In one loop."""

    def __init__(self, channel: Channel) -> None:
        self._channel: Final = channel
        self._handed_out = 0
        self.first_sequence: Final = 0

    async def __anext__(self) -> list[object]:
        """See `Batches`."""
        self._finish()
        await asyncio.sleep(0)  # others may want a turn
        channel = self._channel
        # Each turn but the last waits until something was put, or the channel is closed.
        while not (taken := channel.take_now()):
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] = loop.create_future()
            if channel.announce(_waker(loop, future)):
                await future
            elif channel._is_closed:
                raise StopAsyncIteration
        self._handed_out = len(taken)
        return taken

    async def aclose(self) -> None:
        """See `Batches`."""
        self._finish()

    def _finish(self) -> None:
        self._channel.finish(self._handed_out)
        self._handed_out = 0


def _waker(loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> Callable[[], object]:
    """A function for any thread that lets whoever awaits `future` go on."""

    def set_result() -> None:
        if not future.done():
            future.set_result(None)

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(set_result)

    return wake
