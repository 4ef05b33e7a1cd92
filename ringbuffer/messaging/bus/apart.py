"""`apart`: lets an event loop wait for a call that blocks."""

import asyncio
import contextlib
from collections.abc import Callable

from ringbuffer.host import Host


async def apart[T](host: Host, call: Callable[[], T], name: str) -> T:
    """Call `call` in a thread of its own; its result, or its error. Cancelled, the call goes on there."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(settle: Callable[[], object]) -> None:
        def settle_unless_cancelled() -> None:
            if not future.done():
                settle()

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle_unless_cancelled)

    def run() -> None:
        try:
            result = call()
        except BaseException as error:
            failure = error
            tell(lambda: future.set_exception(failure))
        else:
            tell(lambda: future.set_result(result))

    host.start_thread(run, name)
    return await future
