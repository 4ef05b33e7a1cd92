"""Runs of TLC, or of Z3, side by side, one a core."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed


def side_by_side[T, R](things: Iterable[T], check: Callable[[T], R]) -> Iterator[tuple[T, R]]:
    """Check each thing in a thread. Yields each result as soon as it is known."""
    with ThreadPoolExecutor(cores()) as pool:
        futures = {pool.submit(check, thing): thing for thing in things}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            # After Ctrl-C no check begins that has not begun, and the pool waits only for those
            # that run.
            _cancel(futures)


def in_order[T, R](things: Iterable[T], check: Callable[[T], R]) -> Iterator[R]:
    """Check each thing in a thread. Yields the results in the order of the things."""
    with ThreadPoolExecutor(cores()) as pool:
        futures = [pool.submit(check, thing) for thing in things]
        try:
            for future in futures:
                yield future.result()
        finally:
            _cancel(futures)


def _cancel[R](futures: Iterable[Future[R]]) -> None:
    for future in futures:
        future.cancel()


def cores() -> int:
    """Returns the number of cores that this process may use."""
    return os.process_cpu_count() or 1
