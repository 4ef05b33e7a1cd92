"""`end`: ends an event loop as `asyncio.run` does, whatever has ended what ran in it."""

import asyncio
import contextlib


def end(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is left, let it end, close the loop."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(BaseException):
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
