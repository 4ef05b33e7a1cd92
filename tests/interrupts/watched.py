"""Which code is watched, and which of its instructions and calls look for signals.

`tests.interrupts.points` says why.
"""

import _thread
import asyncio
import dis
import functools
import sys
from asyncio import _get_running_loop
from collections.abc import Mapping
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FrameType, ModuleType
from typing import Final

import ringbuffer
from ringbuffer.host import SYSTEM_HOST

LIBRARY: Final = str(Path(ringbuffer.__file__).parent)
#: Modules of the standard library whose functions the library calls, and signals interrupt.
_STANDARD: Final = frozenset(
    module.__file__
    for name in (
        "threading",
        "queue",
        "contextlib",
        "functools",
        "weakref",
        "_weakrefset",
        "enum",
        "dataclasses",
        "heapq",
    )
    if (module := sys.modules.get(name)) is not None and getattr(module, "__file__", None)
)
#: They stand for the system's, so a signal in them means nothing.
_HOSTS: Final = frozenset(
    str(Path(__file__).parents[1] / path)
    for path in ("interrupts/hosts.py", "support/forwarding_host.py")
)
_ASYNCIO: Final = str(Path(asyncio.__file__).parent)
#: Functions of C that look for signals before they have done anything.
_LOOKING: Final = (
    *(str, repr, ascii, format, print, str.format, str.format_map, SYSTEM_HOST.sleep),
    *(_thread.LockType.acquire, _thread.RLock.acquire, _thread._ThreadHandle.join),
)
#: Operations that look for signals if they make text, or if their numbers are large.
_ARITHMETIC: Final = frozenset({"%", "%=", "*", "*=", "**", "**=", "//", "//="})


@functools.cache
def is_watched(code: CodeType) -> bool:
    return (
        code.co_filename.startswith(LIBRARY) or code.co_filename in _STANDARD or _is_generated(code)
    )


def works_for_library(frame: FrameType, is_other: bool) -> bool:
    """Whether it is the library that has called a function of other modules.

    asyncio calls functions of the standard library too. In the thread of a loop, interrupts in
    asyncio's own code are left out.
    """
    caller: FrameType | None = frame
    if is_other:
        name = frame.f_code.co_filename
        if name in _HOSTS or (name.startswith(_ASYNCIO) and _get_running_loop() is not None):
            return False
        caller = frame.f_back
        if caller is None or not is_watched(caller.f_code):
            return False
    while caller is not None and caller.f_code.co_filename in _STANDARD:
        caller = caller.f_back
    return caller is not None and is_watched(caller.f_code)


@functools.cache
def special_instructions(code: CodeType) -> Mapping[int, str]:
    """The instructions that are points, or may be, and of which kind."""
    found: dict[int, str] = {}
    before = ""
    for each in dis.get_instructions(code):
        name = each.opname
        if name == "JUMP_BACKWARD":
            found[each.offset] = "jump"
        elif name == "CALL_FUNCTION_EX":
            found[each.offset] = "method"
        elif (
            name in ("CONVERT_VALUE", "FORMAT_WITH_SPEC")
            # After a conversion it gets a string, and does nothing
            or (name == "FORMAT_SIMPLE" and before != "CONVERT_VALUE")
            or (name == "BINARY_OP" and each.argrepr in _ARITHMETIC)
        ):
            found[each.offset] = "text"
        elif name == "IMPORT_NAME":
            found[each.offset] = "inside"
        before = name
    return found


def looks_inside(function: object) -> bool:
    """Whether it is a function of C that looks for signals before it has done anything."""
    if isinstance(function, BuiltinFunctionType) and not isinstance(function.__self__, ModuleType):
        function = getattr(type(function.__self__), function.__name__, function)
    return any(function is each for each in _LOOKING)


def _is_generated(code: CodeType) -> bool:
    """Methods that `dataclasses` has made."""
    return code.co_filename == "<string>" and code.co_name == "__init__"
