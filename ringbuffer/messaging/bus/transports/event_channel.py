"""`EventChannel`: a bounded queue to one handler, which takes all that is there at once."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from ringbuffer.forks import made_here
from ringbuffer.host import Host
from ringbuffer.queues.async_queue import LoopWaiter

#: The most events that a handler takes at once.
LARGEST_BATCH: Final = 256


class EventChannel:
    """Events on their way to one handler. One thread puts at a time, one thread or task takes.

    Wake-ups: `put` and `close` notify the condition that a thread waits on in `take`, and call the
    function that a task has left with `announce`. A thread that puts has found free capacity. No
    other thread can have used it since, because only one puts at a time.

    Args:
        capacity: the most events that wait.
        host: what provides the condition.
        freed_capacity: called after events were taken from a channel that was full.

    Attributes:
        is_closed: whether it hands out nothing more.
        added: how many events were ever put in.
        finished: how many events were handled.
    """

    def __init__(self, capacity: int, host: Host, freed_capacity: Callable[[], object]) -> None:
        self._capacity: Final = capacity
        self._freed_capacity: Final = freed_capacity
        self._condition: Final = host.condition()
        self._items: Final[deque[object]] = deque()
        self._waker: Callable[[], object] | None = None
        self.is_closed = False
        self.added = self.finished = 0
        made_here(self)

    _in_child: ClassVar[None] = None

    def _after_fork(self, made_in: int) -> None:
        """Close it in a child, so that a handler that forked and returned there ends."""
        self.is_closed = True

    @property
    def is_full(self) -> bool:
        """Whether it has no free capacity."""
        return len(self._items) >= self._capacity

    @property
    def free_capacity(self) -> int:
        """How many more events it takes."""
        return self._capacity - len(self._items)

    def put(self, items: Sequence[object]) -> None:
        """Add events, for which there is free capacity.

        An interrupt finds that it has added all of them or none: see `added`.
        """
        with self._condition:
            count = len(items)
            self._wake()
            # An interrupt comes after the call, if it comes here: then both are done.
            self.added += count
            self._items.extend(items)

    def close(self) -> None:
        """Hand out nothing more."""
        with self._condition:
            self._wake()
            self.is_closed = True

    def _wake(self) -> None:
        """Wake the handler before the caller stores what it waits for.

        The caller holds the lock, which the handler needs for its check.
        """
        if self._waker is not None:
            self._waker()
            self._waker = None
        self._condition.notify_all()

    def finish(self, count: int) -> None:
        """Count `count` of the taken events as handled. Only the thread or task that takes."""
        self.finished += count

    def take(self) -> list[object]:
        """Wait for events, and take some; none when it is closed.

        Terminates because `put` and `close` wake it.
        """
        with self._condition:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if self._items or self.is_closed:
                    break
                self._condition.wait()
        return self.take_now()

    def take_now(self) -> list[object]:
        """Take what is there, at most `LARGEST_BATCH`; nothing when it is closed."""
        with self._condition:
            if self.is_closed:
                return []
            was_full = self.is_full
            items = self._items
            taken = [items.popleft() for _ in range(min(len(items), LARGEST_BATCH))]
        if was_full:
            self._freed_capacity()
        return taken

    def announce(self, waker: Callable[[], object]) -> bool:
        """Have the next `put`, or `close`, call `waker`.

        Returns False, and does nothing, if there is no need to wait.
        """
        with self._condition:
            if self._items or self.is_closed:
                return False
            self._waker = waker
        return True


class ChannelBatches:
    """A channel as the batches of a task. In one loop. See `Batches`."""

    def __init__(self, channel: EventChannel) -> None:
        self._channel: Final = channel
        self._handed_out = 0
        self.first_sequence: Final = 0

    def prepare(self) -> None:
        """See `Batches`: it waits without a thread."""

    async def __anext__(self) -> list[object]:
        """See `Batches`."""
        self._finish()
        await asyncio.sleep(0)  # lets other tasks run
        channel = self._channel
        # Terminates because each iteration but the last waits until the channel receives events, or
        # is closed.
        while not (taken := channel.take_now()):
            waiter = LoopWaiter()
            if channel.announce(waiter.set):
                await waiter.future
            elif channel.is_closed:
                raise StopAsyncIteration
        self._handed_out = len(taken)
        return taken

    async def aclose(self) -> None:
        """See `Batches`."""
        self._finish()

    def end(self) -> None:
        """See `Batches`."""

    def _finish(self) -> None:
        self._channel.finish(self._handed_out)
        self._handed_out = 0
