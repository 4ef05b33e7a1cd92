"""`Peer`: a queue of another library, with what a benchmark needs; and whether it can run here."""

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
class OpenQueue:
    """An open queue. Each thread asks for its own end. Any thread.

    Attributes:
        producer: returns the calling thread's `put(value)`, which waits for free capacity if the
            queue is bounded.
        consumer: returns the calling thread's `get()`, which waits for a value.
    """

    producer: Callable[[], Callable[[object], object]]
    consumer: Callable[[], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A queue of another library.

    Attributes:
        name: the name that its users know.
        bounded: whether a producer waits for free capacity. An unbounded queue may be faster, but
            it may use all memory.
        open: `open(capacity)` creates a queue; an unbounded one ignores the capacity.
        module: the module to import for it; None for the standard library.
        most_producers: the largest number of threads that may put.
        most_consumers: the largest number of threads that may get.
    """

    name: str
    bounded: bool
    open: Callable[[int], OpenQueue]
    module: str | None = None
    most_producers: int = 1_000
    most_consumers: int = 1_000


def available(peer: Peer) -> str | None:
    """Returns None if `peer` can run here; otherwise the reason why it cannot."""
    return None if peer.module is None else _probe(peer.module)


@functools.cache
def _probe(module: str) -> str | None:
    """Import `module`, in a child process first.

    A module that switches the GIL on would spoil every later measurement in this process.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROBE, module],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == _GIL_ON:
        return "importing it switches the GIL on"
    if done.returncode:
        return f"it cannot be imported: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    importlib.import_module(module)
    return None
