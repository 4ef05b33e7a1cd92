"""`Points`: finds each point at which CPython may run a signal handler, and raises at one of them.

CPython 3.13 looks for signals (`CHECK_EVAL_BREAKER` in `Python/bytecodes.c`) at these points, and
at no others:

* at the entry of a Python function, and where a generator goes on after a `yield` (`RESUME`);
* after the call of anything but a Python function has returned (`CALL`, `CALL_KW`,
  `CALL_FUNCTION_EX`);
* at a jump backward (`JUMP_BACKWARD`).

It does not look after a Python function returns, when an exception is raised or caught, when an
attribute or an item is read or stored, nor when a `with` block takes a lock of C. `sys.monitoring`
has an event for each of the three: PY_START and PY_RESUME; C_RETURN; and INSTRUCTION, before a
JUMP_BACKWARD. (Not JUMP: what its callback raises finds no handler in 3.13, even in a `try` that
the loop stands in.) What a callback raises appears in the watched code at that instruction, as what
a signal handler raises does.

A call that blocks in C looks for signals too, and raises before it has done anything. Such points
are *reported*: the locks of `tests.interrupts.hosts.BlockingLocks` call `blocked`.
"""

import contextvars
import dis
import functools
import logging
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Final, Self

import ringbuffer

_EVENTS: Final = sys.monitoring.events
#: A tool that no other code uses.
_TOOL: Final = 3
_WATCHED: Final = _EVENTS.PY_START | _EVENTS.PY_RESUME | _EVENTS.CALL | _EVENTS.INSTRUCTION
#: A generator that awaits or delegates goes on without a look for signals: the low bits of RESUME's
#: argument say so.
_RESUME_KIND, _AFTER_YIELD_FROM = 0b11, 2

_LIBRARY: Final = str(Path(ringbuffer.__file__).parent)
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
#: How often one instruction is taken for a point in one call: more turns of a loop bring nothing
#: new.
VISITS: Final = 3


@dataclass(frozen=True, slots=True)
class Point:
    """Where an interrupt came."""

    kind: str
    code: CodeType
    offset: int

    def __str__(self) -> str:
        line = next(
            (line for start, stop, line in self.code.co_lines() if start <= self.offset < stop),
            None,
        )
        path = Path(self.code.co_filename)
        name = (
            str(path.relative_to(Path(_LIBRARY).parent))
            if path.is_relative_to(Path(_LIBRARY).parent)
            else path.name
        )
        return f"{name}:{line} {self.code.co_qualname} ({self.kind})"


class Points:
    """While it is entered, it watches the thread that called `begin`. One at a time in a process.

    Attributes:
        count: how many points the watched call has come to.
        raised: the point at which it has raised, if it has.
        interrupt: what it raises.
    """

    def __init__(
        self, interrupt: type[BaseException] = KeyboardInterrupt, *, only_blocked: bool = False
    ) -> None:
        self.interrupt: Final = interrupt
        self.count = 0
        self.raised: Point | None = None
        self.met: list[Point] = []
        self._keeps = False
        self._only_blocked: Final = only_blocked
        self._at: int | None = None
        self._thread: int | None = None
        self._visits: dict[tuple[CodeType, int, str], int] = {}

    def __enter__(self) -> Self:
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "tests.interrupts")
        monitoring.register_callback(_TOOL, _EVENTS.PY_START, self._on_start)
        monitoring.register_callback(_TOOL, _EVENTS.PY_RESUME, self._on_resume)
        monitoring.register_callback(_TOOL, _EVENTS.CALL, self._on_call)
        monitoring.register_callback(_TOOL, _EVENTS.C_RETURN, self._on_return)
        monitoring.register_callback(_TOOL, _EVENTS.INSTRUCTION, self._on_instruction)
        if not self._only_blocked:
            monitoring.set_events(_TOOL, _WATCHED)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        monitoring = sys.monitoring
        monitoring.set_events(_TOOL, 0)
        for event in (
            _EVENTS.PY_START,
            _EVENTS.PY_RESUME,
            _EVENTS.CALL,
            _EVENTS.C_RETURN,
            _EVENTS.INSTRUCTION,
        ):
            monitoring.register_callback(_TOOL, event, None)
        monitoring.free_tool_id(_TOOL)

    def begin(self, at: int | None, keeps: bool = False) -> None:
        """Watch the calling thread, and raise at its point `at`, from 0; None raises nowhere."""
        self.count, self.raised, self._at, self._keeps = 0, None, at, keeps
        self.met = []
        self._visits = {}
        self._thread = threading.get_ident()

    def end(self) -> None:
        """Watch no more."""
        self._thread = None

    def blocked(self, what: str) -> None:
        """The calling thread is about to take a lock for which it might have to wait."""
        if threading.get_ident() == self._thread:
            frame = sys._getframe(2)
            self._visit(f"waits for {what}", frame.f_code, frame.f_lasti)

    # -- callbacks --------------------------------------------------------------------------------

    def _on_start(self, code: CodeType, offset: int) -> object:
        if not _is_watched(code):
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread:
            self._visit("entry", code, offset)
        return None

    def _on_resume(self, code: CodeType, offset: int) -> object:
        if not _is_watched(code) or code.co_code[offset + 1] & _RESUME_KIND >= _AFTER_YIELD_FROM:
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread:
            self._visit("resume", code, offset)
        return None

    def _on_call(self, code: CodeType, offset: int, function: object, argument: object) -> object:
        return None if _is_watched(code) else sys.monitoring.DISABLE

    def _on_return(self, code: CodeType, offset: int, function: object, argument: object) -> None:
        if threading.get_ident() == self._thread and _is_watched(code):
            self._visit("call", code, offset)

    def _on_instruction(self, code: CodeType, offset: int) -> object:
        if not _is_watched(code) or offset not in _jumps_backward(code):
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread:
            self._visit("jump", code, offset)
        return None

    def _visit(self, kind: str, code: CodeType, offset: int) -> None:
        if self._only_blocked and not kind.startswith("waits"):
            return
        if code.co_filename in _STANDARD and not _works_for_library():
            return
        key = code, offset, kind
        visits = self._visits.get(key, 0)
        if visits == VISITS:
            return
        self._visits[key] = visits + 1
        number = self.count
        self.count += 1
        if self._keeps:
            self.met.append(Point(kind, code, offset))
        if number == self._at:
            self.raised = Point(kind, code, offset)
            raise self.interrupt


@functools.cache
def _is_watched(code: CodeType) -> bool:
    return (
        code.co_filename.startswith(_LIBRARY)
        or code.co_filename in _STANDARD
        or _is_generated(code)
    )


def _works_for_library() -> bool:
    """Whether the library has called the current function of the standard library.

    asyncio calls such functions too.
    """
    frame: FrameType | None = sys._getframe(3)
    while frame is not None and frame.f_code.co_filename in _STANDARD:
        frame = frame.f_back
    return frame is not None and _is_watched(frame.f_code)


@functools.cache
def _jumps_backward(code: CodeType) -> frozenset[int]:
    return frozenset(
        each.offset for each in dis.get_instructions(code) if each.opname == "JUMP_BACKWARD"
    )


def _is_generated(code: CodeType) -> bool:
    """Methods that `dataclasses` has made."""
    return code.co_filename == "<string>" and code.co_name == "__init__"


#: Imported here, so that no import happens at a point.
_IMPORTED: Final[tuple[Any, ...]] = (contextvars, logging, traceback)
