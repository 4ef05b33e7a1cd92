"""`Peer`: a queue of somebody else's, as far as a benchmark needs one; and whether it can run here."""

import functools
import importlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

#: The exit code of a probe whose import has switched the GIL on.
_GIL_ON: Final = 3

_PROBE: Final = """\
import importlib, sys
is_on = getattr(sys, "_is_gil_enabled", lambda: True)
before = is_on()
importlib.import_module(sys.argv[1])
sys.exit(3 if is_on() and not before else 0)
"""


@dataclass(frozen=True, slots=True)
class Channel:
    """An open queue. Any thread asks for its own end.

    Attributes:
        producer: gives the calling thread its `put(value)`, which waits for room if the queue is bounded.
        consumer: gives the calling thread its `get()`, which waits for a value.
    """

    producer: Callable[[], Callable[[object], object]]
    consumer: Callable[[], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A queue of somebody else's.

    Attributes:
        name: as its users call it.
        bounded: whether a producer waits for room. One that does not may be faster, and may take all memory.
        open: `open(capacity)` makes one; an unbounded one ignores the capacity.
        module: what to import for it; None for the standard library.
        most_producers: threads that may put.
        most_consumers: threads that may get.
    """

    name: str
    bounded: bool
    open: Callable[[int], Channel]
    module: str | None = None
    most_producers: int = 1_000
    most_consumers: int = 1_000


def available(peer: Peer) -> str | None:
    """None if `peer` can run here; otherwise why not."""
    return None if peer.module is None else _probe(peer.module)


@functools.cache
def _probe(module: str) -> str | None:
    """Import `module` in a child first: one that switches the GIL on would spoil every measurement after it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROBE, module], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode == _GIL_ON:
        return "importing it switches the GIL on"
    if done.returncode:
        return f"it cannot be imported: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    importlib.import_module(module)
    return None
