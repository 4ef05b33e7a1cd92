"""What all ways to give a batch to a handler have in common."""

import inspect
from collections.abc import Callable
from typing import Final

#: `handle(first, last)` gives a batch to the handler and returns the sequence to continue at:
#: `last + 1`, or the sequence to replay the batch from.
type Handle = Callable[[int, int], int]

#: Differs from every count of skipped ranges, so the first batch looks at the ranges.
NOT_LOOKED: Final = -1


def check_has_run(result: object) -> None:
    """Raise `TypeError` if a handler has returned a coroutine instead of running.

    A lambda around a coroutine function looks like a plain function until it is called.
    """
    if inspect.iscoroutine(result):
        result.close()
        what = f"a coroutine, which is never awaited: {result!r}"
        raise TypeError(f"the handler returned {what}. Wire the coroutine function itself")
