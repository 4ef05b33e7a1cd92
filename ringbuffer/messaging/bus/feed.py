"""`Feed`: what brings events to one handler; and `TaskFeed`, which brings them to a coroutine function."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.host import Event, Host, Thread
from ringbuffer.messaging.bus.receiver import AsyncReceiver, Sieve
from ringbuffer.messaging.bus.running import Running
from ringbuffer.messaging.bus.subscription import Subscription


class Feed(Protocol):
    """Brings events to one handler, in a thread or a task of its own. Any thread."""

    @property
    def sieve(self) -> Sieve:
        """What chooses the handler's events."""
        ...

    @property
    def waiting(self) -> int:
        """How many published events it has yet to bring."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def mark(self) -> int:
        """Where it will be when everything that is published by now is handled."""
        ...

    def has_passed(self, mark: int) -> bool:
        """Whether it has come there."""
        ...

    def end_at(self, mark: int) -> None:
        """Bring nothing that is published after that mark."""
        ...

    def blocks(self) -> bool:
        """Whether there is no room because of it."""
        ...

    def stop(self) -> None:
        """Bring no more after the batch that it is in; a coroutine function, after the event that it is in. Return at once."""
        ...

    def join(self, timeout: float | None = None) -> bool:
        """Wait until it has stopped; whether it has."""
        ...

    def abort(self) -> None:
        """Cancel what it is in, where that can be done: a coroutine can be cancelled, a thread cannot."""
        ...

    def detach(self) -> None:
        """Hold up no producer any more."""
        ...


class Batches(Protocol):
    """Where a `TaskFeed` gets its events. In one loop."""

    @property
    def first_sequence(self) -> int:
        """The number of the first event of the batch."""
        ...

    async def __anext__(self) -> list[object]:
        """The next batch; the one before is finished. May be cancelled. `StopAsyncIteration` at the end."""
        ...

    async def aclose(self) -> None:
        """Nobody will ask any more."""
        ...


class LoopThread:
    """A thread with an event loop, in which a bus runs its coroutine functions. Starts when it is first needed. Any thread.

    Args:
        host: what provides the thread.
        name: of the thread.
    """

    def __init__(self, host: Host, name: str) -> None:
        self._host: Final = host
        self._name: Final = name
        self._lock: Final = host.lock()
        self._is_ready: Final = host.event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, which runs."""
        with self._lock:
            if self._thread is None:
                self._thread = self._host.start_thread(self._run, self._name)
        self._is_ready.wait()
        assert self._loop is not None, "set before the event"
        return self._loop

    def is_current(self) -> bool:
        """Whether the caller runs in it."""
        return self._thread is not None and self._thread is self._host.current_thread()

    def call(self, function: Callable[[], object]) -> None:
        """Have the loop call `function`; nothing happens if the loop has ended."""
        with contextlib.suppress(RuntimeError):
            self.loop().call_soon_threadsafe(function)

    def close(self, timeout: float | None = None) -> bool:
        """End the loop, and cancel the tasks that are left; whether the thread has ended."""
        with self._lock:
            thread = self._thread
        if thread is None:
            return True
        loop = self.loop()
        self.call(loop.stop)
        thread.join(timeout)
        return not thread.is_alive()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._is_ready.set()
            self._loop.run_forever()


class TaskFeed:
    """Brings events to a coroutine function, one at a time, in a task of the bus's loop.

    Args:
        subscription: whose handler.
        batches: where the events come from.
        loop: where the task runs.
        host: what provides the event.
    """

    def __init__(self, subscription: Subscription, batches: Batches, loop: LoopThread, host: Host) -> None:
        self._subscription: Final = subscription
        self._receiver: Final = AsyncReceiver(subscription)
        self._batches: Final = batches
        self._loop: Final = loop
        self._ended: Final[Event] = host.event()
        self._task: asyncio.Task[None] | None = None
        # These two are the loop's thread's.
        self._is_waiting = False
        self._is_stopping = False

    @property
    def sieve(self) -> Sieve:
        """See `Feed`."""
        return self._receiver

    def start(self) -> None:
        """See `Feed`."""
        loop = self._loop.loop()

        def create() -> None:
            self._task = loop.create_task(self._run(), name=self._subscription.name)

        self._loop.call(create)

    def stop(self) -> None:
        """See `Feed`. It wakes the task where it waits for events; where it handles one, that comes to its end."""

        def stop() -> None:
            self._is_stopping = True
            self._receiver.skip_rest()
            if self._is_waiting and self._task is not None:
                self._task.cancel()

        self._loop.call(stop)

    def abort(self) -> None:
        """See `Feed`."""

        def abort() -> None:
            self._is_stopping = True
            if self._task is not None:
                self._task.cancel()

        self._loop.call(abort)

    def join(self, timeout: float | None = None) -> bool:
        """See `Feed`. At once, and False, in the loop's own thread, which it would hold up."""
        return False if self._loop.is_current() else self._ended.wait(timeout)

    async def _run(self) -> None:
        """Bring batch after batch. Ends when it is told to, or when nothing can come any more."""
        Running(self._subscription).enter()
        try:
            while not self._is_stopping:
                self._is_waiting = True
                try:
                    batch = await self._batches.__anext__()
                except StopAsyncIteration:
                    break
                finally:
                    self._is_waiting = False
                await self._receiver.on_batch(batch, self._batches.first_sequence)
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
        finally:
            try:
                await self._batches.aclose()
            finally:
                self._ended.set()
