"""`at_instruction`: runs a function before one instruction of a call into the library.

Whatever another thread does between two instructions, it can do there; so the calls of one thread
show what the close of a ring does to a publication at each moment, without luck.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


@contextlib.contextmanager
def at_instruction(
    number: int, modules: tuple[str, ...], action: Callable[[], object]
) -> Iterator[list[int]]:
    """Call `action` before instruction `number`, from 0, of the calling thread in the modules.

    Args:
        number: which.
        modules: beginnings of their names.
        action: called once, and not watched itself.

    Yields:
        A list of one number: how many instructions there were.
    """
    count = [0]

    def on_opcode(frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode":
            if count[0] == number:
                sys.settrace(None)
                frame.f_trace = None
                try:
                    action()
                finally:
                    sys.settrace(on_call)
            count[0] += 1
        return on_opcode

    def on_call(frame: FrameType, event: str, argument: object) -> Any:
        name: str = frame.f_globals.get("__name__", "")
        if not name.startswith(modules):
            return None
        frame.f_trace_opcodes = True
        return on_opcode

    sys.settrace(on_call)
    try:
        yield count
    finally:
        sys.settrace(None)
