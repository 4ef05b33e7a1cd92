"""`stacks`: the stacks of running threads.

`sys._current_frames()` returns frames of threads that keep running. Without a GIL another thread
must not walk along these frames, because they change, and are freed, meanwhile. `faulthandler`
stops the other threads while it writes. CPython added that after 3.13.0 (issue 128400), and 3.13.5
certainly has it. Earlier versions could crash a free-threaded interpreter, so this module returns
no stacks there. `faulthandler` writes all threads to a file, which is fast enough for a thread that
has been stuck for seconds.
"""

import faulthandler
import re
import sys
import tempfile
from typing import Any, Final, Protocol

from ringbuffer.host import Host

#: How a stack begins: `Thread 0x00007f… (most recent call first):`, with a name in 3.14.
_HEAD: Final = re.compile(r"^(?:Current thread|Thread) 0x([0-9a-f]+).*:$")

#: How long a loop may take to report where a task waits, in seconds.
PATIENCE: Final = 0.5

#: `sys.version_info` of the first version that is known to stop the threads: its code calls
#: `_PyEval_StopTheWorld`.
_SAFE_SINCE: Final = (3, 13, 5)


def stacks() -> dict[int, tuple[str, ...]]:
    """Return the frames of every thread, by its number, the innermost frame first. Any thread.

    Empty if the interpreter cannot report them safely. There are at most 100 threads, the latest
    ones, and at most 100 frames of each.
    """
    if not _is_safe():
        return {}
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return parse(file.read().decode(errors="replace"))


class Task(Protocol):
    """A task of an event loop, as `asyncio.Task`."""

    def get_loop(self) -> Any:
        """Its loop."""
        ...

    def get_coro(self) -> Any:
        """Its coroutine."""
        ...


def task_stack(task: Task, host: Host) -> tuple[str, ...]:
    """Return the frames of a waiting task, the innermost first. Any thread.

    Empty if its loop does not answer in time. Only the loop's own thread may walk along the frames,
    and only while the task does not run. So this asks the loop, which answers between two steps of
    its tasks. A loop that is blocked does not answer; then the stack of its thread shows why.
    """
    frames: list[str] = []
    told = host.event()

    def look() -> None:
        coroutine = task.get_coro()
        # Each iteration steps to the awaited object. Terminates because no object awaits itself.
        while coroutine is not None:
            kind = next(
                (each for each in ("cr", "ag", "gi") if hasattr(coroutine, f"{each}_frame")), None
            )
            frame = None if kind is None else getattr(coroutine, f"{kind}_frame")
            if frame is not None:
                code = frame.f_code
                frames.append(f'File "{code.co_filename}", line {frame.f_lineno} in {code.co_name}')
            coroutine = (
                None
                if kind is None
                else getattr(coroutine, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
            )
        told.set()

    try:
        task.get_loop().call_soon_threadsafe(look)
    except RuntimeError:  # the loop is closed
        return ()
    return tuple(reversed(frames)) if told.wait(PATIENCE) else ()


def parse(text: str) -> dict[int, tuple[str, ...]]:
    """Read the stacks from the output of `faulthandler`."""
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
