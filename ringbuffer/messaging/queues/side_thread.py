"""`SideThread`: lets an event loop wait for a function that blocks."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from ringbuffer.host import Host, Thread


class SideThread:
    """Calls blocking functions for one coroutine, one at a time, in a thread of its own. `call` from one loop.

    Who wakes whom: the thread sleeps on a condition until it is asked (notified by `call`) or closed (by `close`); the
    coroutine waits on a future that the loop sets when the thread tells it to.

    Args:
        host: what provides the thread and the condition.
        name: of the thread, which starts at the first call.
    """

    def __init__(self, host: Host, name: str) -> None:
        self._host: Final = host
        self._name: Final = name
        self._condition: Final = host.condition()
        self._asked: Callable[[], None] | None = None
        self._closed = False
        self._thread: Thread | None = None

    async def call[T](self, function: Callable[[], T]) -> T:
        """What `function` returns or raises, called in the other thread. What a cancelled call returns is lost."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        # The thread may keep its end of this call until it is asked again: what it has brought is not to stay there.
        brought: list[T] = []

        def settle(result: list[T], error: BaseException | None) -> None:
            if done.done():
                return  # cancelled meanwhile
            if error is not None:
                done.set_exception(error)
            else:
                brought.append(result.pop())
                done.set_result(None)

        def work() -> None:
            result: list[T] = []
            error: BaseException | None = None
            try:
                result.append(function())
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        with self._condition:
            self._asked = work
            if self._thread is None:
                self._thread = self._host.start_thread(self._run, self._name)
            self._condition.notify_all()
        await done
        return brought.pop()

    def close(self) -> None:
        """End the thread, when it has nothing to do."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _run(self) -> None:
        """Do what is asked for. Ends when closed."""
        while True:
            with self._condition:
                while self._asked is None and not self._closed:
                    self._condition.wait()
                work, self._asked = self._asked, None
            if work is None:
                return
            work()
            work = None
