"""Runs of TLC side by side, one a core."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from spec.tools.tlc import TlcRun


def side_by_side[T](
    things: Iterable[T], check: Callable[[T], TlcRun]
) -> Iterable[tuple[T, TlcRun]]:
    """Check each thing in a thread. Yields each result as soon as it is known."""
    with ThreadPoolExecutor(cores()) as pool:
        futures = {pool.submit(check, thing): thing for thing in things}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            # After Ctrl-C no check begins that has not begun, and the pool waits only for those
            # that run.
            for future in futures:
                future.cancel()


def cores() -> int:
    """Returns the number of cores that this process may use."""
    return os.process_cpu_count() or 1
