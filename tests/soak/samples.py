"""`Samples`: what the process uses, every few seconds, in arrays, which add no objects."""

import gc
import os
import resource
import sys
import threading
from array import array
from typing import Final

#: What is in a sample. `at_rest`: taken between two rounds, after everything has ended; `resident`
#: in MiB; `blocks` of Python's allocator; `published` by all producers since the beginning; `rate`
#: in messages a second since the sample before.
COLUMNS: Final = (
    "time",
    "round",
    "at_rest",
    "resident",
    "blocks",
    "threads",
    "descriptors",
    "published",
    "rate",
    "backlog",
)

#: Collections before a sample at rest: what one frees may let go of more.
COLLECTIONS: Final = 3


def resident() -> float:
    """The resident memory of the process, in MiB; without /proc, the highest so far."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def descriptors() -> int:
    """Open descriptors; 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


class Samples:
    """Samples in the order in which they were taken. One thread.

    Args:
        start: when the run began, on the monotonic clock.
    """

    def __init__(self, start: float) -> None:
        self._start: Final = start
        self._columns: Final = {name: array("d") for name in COLUMNS}

    def take(
        self, now: float, number: int, published: int, backlog: int, at_rest: bool = False
    ) -> None:
        """Take one; `number` is the round's."""
        if at_rest:
            for _ in range(COLLECTIONS):
                gc.collect()
        time, columns = now - self._start, self._columns
        since = time - columns["time"][-1] if len(self) else time
        before = columns["published"][-1] if len(self) else 0.0
        values = (
            time,
            number,
            at_rest,
            resident(),
            sys.getallocatedblocks(),
            threading.active_count(),
            descriptors(),
            published,
            max(0.0, published - before) / since if since > 0 else 0.0,
            backlog,
        )
        for name, value in zip(COLUMNS, values, strict=True):
            columns[name].append(value)

    def column(self, name: str, at_rest: bool | None = None) -> list[float]:
        """One column; only what was taken at rest, or only under load, if that is said."""
        wanted = self._columns["at_rest"]
        return [
            value
            for value, rest in zip(self._columns[name], wanted, strict=True)
            if at_rest is None or rest == at_rest
        ]

    def __len__(self) -> int:
        return len(self._columns["time"])
