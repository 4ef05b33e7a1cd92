"""`stacks`: what each thread is doing, while it goes on doing it.

`sys._current_frames()` gives frames of threads that go on running, and without a GIL nobody may walk along those: they change,
and are freed, meanwhile. `faulthandler` stops the other threads for as long as it writes. That was added after 3.13.0
(CPython's issue 128400), and is certain for 3.13.5; before that it could crash a free-threaded interpreter, so there this
tells nothing. It writes to a file, and all threads at once: fine for something that is asked when a thread has been stuck for
seconds.
"""

import faulthandler
import re
import sys
import tempfile
from typing import Final

#: How a stack begins: `Thread 0x00007f… (most recent call first):`, with a name in 3.14.
_HEAD: Final = re.compile(r"^(?:Current thread|Thread) 0x([0-9a-f]+).*:$")

#: `sys.version_info` of the first version that was seen to stop the threads: its code calls `_PyEval_StopTheWorld`.
_SAFE_SINCE: Final = (3, 13, 5)


def stacks() -> dict[int, tuple[str, ...]]:
    """Where every thread is: its frames by its number, the innermost first; empty where that cannot be told safely. Any thread.

    Of at most 100 threads, the latest, and 100 frames.
    """
    if not _is_safe():
        return {}
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return parse(file.read().decode(errors="replace"))


def parse(text: str) -> dict[int, tuple[str, ...]]:
    """The stacks in what `faulthandler` has written."""
    found: dict[int, list[str]] = {}
    frames: list[str] = []
    for line in text.splitlines():
        if head := _HEAD.match(line):
            frames = found.setdefault(int(head[1], 16), [])
        elif line.startswith("  "):
            frames.append(line.strip())
    return {thread: tuple(frames) for thread, frames in found.items()}


def _is_safe() -> bool:
    gil_is_on = getattr(sys, "_is_gil_enabled", lambda: True)()
    return bool(gil_is_on) or sys.version_info[:3] >= _SAFE_SINCE
