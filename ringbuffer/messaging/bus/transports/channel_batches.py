"""`ChannelBatches`: the events of a channel, in batches for a task."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from ringbuffer.messaging.bus.transports.event_channel import EventChannel


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
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] = loop.create_future()
            if channel.announce(_waker(loop, future)):
                await future
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


def _waker(loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> Callable[[], object]:
    """A function for any thread that lets the task which awaits `future` continue."""

    def set_result() -> None:
        if not future.done():
            future.set_result(None)

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: no task waits any more
            loop.call_soon_threadsafe(set_result)

    return wake
