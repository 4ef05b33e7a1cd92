"""What must come before each store, where the values alone say it.

The cursor and the sequences only grow, and so do `work` and `done` of a pool. So a thread that
loads 3 has loaded it before any thread stores 5 over it. So a store must wait until each thread has
made its last load of the value that it replaces. A consumer sees every lap of a flag, so for
consumers the same is true of the flags, lap by lap.

This is advice to TLC, which spares it the orders that lead nowhere. TLC still checks every step:
wrong advice could make it refuse a trace, never accept one.
"""

from collections import defaultdict
from typing import Final

from tests.traces.entries import Entry, Trace

#: For one store: (thread, how many entries of its log must have been taken).
type Before = list[tuple[str, int]]

#: A place and the value in it; for a flag, the lap instead.
type Standing = tuple[str, int | str, int]

NEVER: Final = -1


def before_stores(trace: Trace) -> dict[str, list[Before]]:
    """For each entry of each log, what must come before it; empty if that is not known."""
    last = defaultdict[Standing, Before](list)
    for thread, log in trace.logs.items():
        for standing, count in _last_loads(trace, thread, log).items():
            last[standing].append((thread, count))
    return {
        thread: [
            [
                (other, count)
                for other, count in (last.get(replaced, []) if replaced else [])
                if other != thread
            ]
            for replaced in _replaced(trace, log)
        ]
        for thread, log in trace.logs.items()
    }


def _last_loads(trace: Trace, thread: str, log: list[Entry]) -> dict[Standing, int]:
    """Up to where a thread must have come to have loaded something for the last time."""
    found = dict[Standing, int]()
    laps = defaultdict[int | str, int](lambda: NEVER)
    for count, entry in enumerate(log, 1):
        if entry.what in ("load cursor", "load sequence", "load work", "load done"):
            found[entry.what.removeprefix("load "), entry.of, entry.value] = count
        elif entry.what == "fetch_add work":
            found["work", 0, entry.value] = count
        elif entry.what == "load flag" and thread not in trace.shape.producers:
            laps[entry.of] += entry.value != laps[entry.of] % 2
            found["flag", entry.of, laps[entry.of]] = count
    return found


def _replaced(trace: Trace, log: list[Entry]) -> list[Standing | None]:
    """For each entry, what it stores something over."""
    replaced, stands = list[Standing | None](), defaultdict[tuple[str, int | str], int](lambda: -1)
    written = dict[int | str, int]()
    for entry in log:
        name = entry.what.rpartition(" ")[2]
        over: Standing | None = None
        if entry.what in ("store cursor", "store sequence"):
            over = (name, entry.of, stands[name, entry.of])
            stands[name, entry.of] = entry.value
        elif entry.what in ("swapped cursor", "sealed cursor", "swapped work", "swapped done"):
            assert isinstance(entry.of, int)
            over = (name, 0, entry.of)
        elif entry.what == "written slot":
            written[entry.of] = entry.value
        elif entry.what == "store flag":
            over = ("flag", entry.of, written.get(entry.of, 0) // trace.shape.size - 1)
        replaced.append(over)
    return replaced
