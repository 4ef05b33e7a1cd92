"""`Points`: finds each point at which CPython may run a signal handler, and raises at one of them.

CPython 3.13 looks for signals between instructions (`CHECK_EVAL_BREAKER` in `Python/bytecodes.c`)
at these points, and at no others. Exceptions that another thread sends arrive there too:

* at the entry of a Python function, and where a generator goes on after a `yield` (`RESUME`);
* after the call of anything but a Python function has returned (`CALL`, `CALL_KW`,
  `CALL_FUNCTION_EX`);
* after a *method* has returned that was called with `*arguments` or `**options`
  (`CALL_FUNCTION_EX`), although it is a Python function: only a function itself goes on in the same
  interpreter loop, and needs no look;
* at a jump backward (`JUMP_BACKWARD`).

It does not look after any other return of a Python function, when an exception is raised or caught,
when an attribute or an item is read or stored, nor when a `with` block takes a lock of C. It does
not specialise instructions in a free-threaded build, so no other form of them matters.

`sys.monitoring` has an event for each of these: PY_START and PY_RESUME; C_RETURN; INSTRUCTION,
before a JUMP_BACKWARD. (Not JUMP: what its callback raises finds no handler in 3.13, even in a
`try` that the loop stands in.) What a callback raises appears in the watched code at that
instruction, as what a signal handler raises does. After the return of a method, the caller has no
event. So at PY_RETURN, in the method, the interrupt is *sent* as `PyThreadState_SetAsyncExc` does:
the next look of this thread is the one in its caller.

CPython looks inside C functions too (`PyErr_CheckSignals`), for signals only, and before they have
done anything:

* `PyObject_Str` and `PyObject_Repr` begin with a look. So instructions that make text are points
  (`CONVERT_VALUE`, `FORMAT_SIMPLE`, `FORMAT_WITH_SPEC`, `%`); `str`, `repr`, `format` and `print`
  too. Products, powers and remainders of large integers look for each digit.
* A call that blocks looks when a signal has ended its wait, and raises: `acquire` of a lock, `join`
  of a thread, `time.sleep`.
* `import` runs Python code, out of which an interrupt may come.

So it does out of functions of other modules, and of users, which the library calls. Their entry is
a point, and so is the return of each call of C in them; what those call in turn is their own.

Locks that a `with` block has to wait for are *reported*: those of `tests.interrupts.hosts` call
`blocked`.
"""

import contextvars
import ctypes
import inspect
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Collection
from ctypes import c_ulong, py_object
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType, TracebackType
from typing import Any, Final, Self

from tests.interrupts import watched
from tests.support.interrupts import without_look

#: Every kind of point. Those from "method" on were found by random interrupts first.
KINDS: Final = ("entry", "resume", "call", "jump", "waits", "method", "text", "inside", "other")

_EVENTS: Final = sys.monitoring.events
#: A tool that no other code uses.
_TOOL: Final = 3
_WATCHED: Final = (
    _EVENTS.PY_START | _EVENTS.PY_RESUME | _EVENTS.PY_RETURN | _EVENTS.CALL | _EVENTS.INSTRUCTION
)
#: A generator that awaits or delegates goes on without a look for signals: the low bits of RESUME's
#: argument say so.
_RESUME_KIND, _AFTER_YIELD_FROM = 0b11, 2
#: The call of a function that has one of these makes a generator or a coroutine, and runs nothing.
_LAZY: Final = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_send: Final = ctypes.pythonapi.PyThreadState_SetAsyncExc
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
            str(path.relative_to(Path(watched.LIBRARY).parent))
            if path.is_relative_to(Path(watched.LIBRARY).parent)
            else path.name
        )
        return f"{name}:{line} {self.code.co_qualname} ({self.kind})"


class Points:
    """While it is entered, it watches the thread that called `begin`. One at a time in a process.

    Args:
        interrupt: what it raises.
        kinds: of points, see `KINDS`; there are no others then.

    Attributes:
        count: how many points the watched call has come to.
        raised: the point at which it has raised, if it has.
    """

    def __init__(
        self,
        interrupt: type[BaseException] = KeyboardInterrupt,
        *,
        kinds: Collection[str] = frozenset(KINDS),
    ) -> None:
        self.interrupt: Final = interrupt
        self.count = 0
        self.raised: Point | None = None
        self.met: list[Point] = []
        self._keeps = False
        self._kinds: Final = kinds
        self._at: int | None = None
        self._thread: int | None = None
        self._visits: dict[tuple[CodeType, int, str], int] = {}
        #: The frames that call a method with *arguments, by their identity, and where.
        self._methods: dict[int, int] = {}
        self._send: Any = None
        self._callbacks: Final[dict[int, Callable[..., object]]] = {
            _EVENTS.PY_START: self._on_start,
            _EVENTS.PY_RESUME: self._on_resume,
            _EVENTS.PY_RETURN: self._on_python_return,
            _EVENTS.CALL: self._on_call,
            _EVENTS.C_RETURN: self._on_return,
            _EVENTS.INSTRUCTION: self._on_instruction,
        }

    def __enter__(self) -> Self:
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "tests.interrupts")
        for event, callback in self._callbacks.items():
            monitoring.register_callback(_TOOL, event, callback)
        if set(self._kinds) != {"waits"}:
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
        for event in self._callbacks:
            monitoring.register_callback(_TOOL, event, None)
        monitoring.free_tool_id(_TOOL)

    def begin(self, at: int | None, keeps: bool = False) -> None:
        """Watch the calling thread, and raise at its point `at`, from 0; None raises nowhere."""
        self.count, self.raised, self._at, self._keeps = 0, None, at, keeps
        self.met = []
        self._visits = {}
        self._methods = {}
        me = threading.get_ident()
        self._send = without_look(partial(_send, c_ulong(me), py_object(self.interrupt)))
        self._thread = me

    def end(self) -> None:
        """Watch no more."""
        self._thread = None

    def blocked(self, what: str) -> None:
        """The calling thread is about to take a lock for which it might have to wait."""
        if threading.get_ident() == self._thread and self._comes("waits", sys._getframe(2), what):
            self._interrupt()

    # -- callbacks --------------------------------------------------------------------------------

    def _on_start(self, code: CodeType, offset: int) -> object:
        if threading.get_ident() == self._thread:
            kind = "entry" if watched.is_watched(code) else "other"
            if self._comes(kind, sys._getframe(1), "entry" if kind == "other" else ""):
                self._interrupt()
        return None

    def _on_resume(self, code: CodeType, offset: int) -> object:
        if (
            not watched.is_watched(code)
            or code.co_code[offset + 1] & _RESUME_KIND >= _AFTER_YIELD_FROM
        ):
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread and self._comes("resume", sys._getframe(1)):
            self._interrupt()
        return None

    def _on_python_return(self, code: CodeType, offset: int, result: object) -> None:
        if threading.get_ident() == self._thread:
            caller = sys._getframe(1).f_back
            if (
                caller is not None
                and self._methods.pop(id(caller), None) == caller.f_lasti
                and self._comes("method", caller)
            ):
                self._interrupt_later()

    def _on_call(self, code: CodeType, offset: int, function: object, argument: object) -> object:
        if threading.get_ident() == self._thread and watched.is_watched(code):
            frame = sys._getframe(1)
            if watched.special_instructions(code).get(offset) == "method" and isinstance(
                function, MethodType
            ):
                called = function.__func__
                assert isinstance(called, FunctionType), f"no event tells when {called!r} returns"
                if not called.__code__.co_flags & _LAZY:
                    self._methods[id(frame)] = offset
                elif self._comes("method", frame):
                    self._interrupt_later()
                    return None
            if watched.looks_inside(function) and self._comes("inside", frame):
                self._interrupt()
        return None

    def _on_return(self, code: CodeType, offset: int, function: object, argument: object) -> None:
        if threading.get_ident() == self._thread:
            kind = "call" if watched.is_watched(code) else "other"
            if self._comes(kind, sys._getframe(1), "call" if kind == "other" else ""):
                self._interrupt()

    def _on_instruction(self, code: CodeType, offset: int) -> object:
        kind = (
            watched.special_instructions(code).get(offset, "method")
            if watched.is_watched(code)
            else "method"
        )
        if kind == "method":
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread and self._comes(kind, sys._getframe(1)):
            self._interrupt()
        return None

    def _interrupt(self) -> None:
        """What happens at the point that is due."""
        raise self.interrupt

    def _interrupt_later(self) -> None:
        """What happens if the point comes after the present function, where there is no event."""
        _ = +self._send

    def _comes(self, kind: str, frame: FrameType, what: str = "") -> bool:
        """Whether the interrupt is due at this point, where `frame` stands."""
        if kind not in self._kinds or not watched.works_for_library(frame, kind == "other"):
            return False
        key = frame.f_code, frame.f_lasti, kind
        visits = self._visits.get(key, 0)
        if visits == VISITS:
            return False
        self._visits[key] = visits + 1
        number = self.count
        self.count += 1
        point = Point(f"{kind}: {what}" if what else kind, frame.f_code, frame.f_lasti)
        if self._keeps:
            self.met.append(point)
        if number != self._at:
            return False
        self.raised = point
        return True


#: Imported here, so that no import happens at a point.
_IMPORTED: Final[tuple[Any, ...]] = (contextvars, logging, traceback)
