"""What the calling thread is doing: a signal handler interrupts a call of its own thread.

A handler may close an object that the interrupted call uses. The interrupted call continues only
when the handler has returned, so the close must not wait for it. To find out, the close inspects
the call stack. That costs nothing while nothing is closed.
"""

import contextlib
import sys
from collections.abc import Iterator
from types import FrameType, FunctionType, MethodType
from typing import Final

from ringbuffer.errors import DeadlockError

#: Where a claim is made, filled and published.
_PUBLISHES: Final = ("ringbuffer.sequencer.", "ringbuffer.producer.")


def _below() -> Iterator[FrameType]:
    """The frames of the calling thread below its caller's caller, from the top of the stack.

    Terminates because each iteration goes one frame down.
    """
    frame = sys._getframe(2).f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def is_within(owners: tuple[object, ...], passes: frozenset[str]) -> bool:
    """Whether the caller was called from within a method of one of `owners`, in the same thread.

    Args:
        owners: the objects. A named function inside a method counts too if it uses `self`.
        passes: the qualified names of methods that do not count: they hold no lock while they call
            others.
    """
    for frame in _below():
        code = frame.f_code
        if code.co_name == "<lambda>":
            continue  # it calls a close in a new thread
        if "self" in code.co_varnames[:1] or "self" in code.co_freevars:
            own = frame.f_locals.get("self")
            if any(own is each for each in owners) and code.co_qualname not in passes:
                return True
    return False


def is_using(module: str, parts: tuple[object, ...]) -> bool:
    """Whether the same thread is inside a function that uses one of `parts`.

    Args:
        module: how the name of the function's module begins.
        parts: objects that its variables may hold, or that it closes over.
    """
    for frame in _below():
        if str(frame.f_globals.get("__name__")).startswith(module) and any(
            value is part for value in tuple(frame.f_locals.values()) for part in parts
        ):
            return True
    return False


def check_not_changing(owner: object, methods: frozenset[str], what: str) -> None:
    """Raise if the same thread is inside a method that holds the lock of `owner`.

    Args:
        owner: the object with the lock.
        methods: the qualified names of its methods that hold the lock while they call others.
        what: what the message calls the object that would change.

    Raises:
        DeadlockError: a signal handler has interrupted a change of it by its own thread, which
        holds the lock.
    """
    for frame in _below():
        if frame.f_code.co_qualname in methods and frame.f_locals.get("self") is owner:
            raise DeadlockError(
                f"a signal handler cannot change {what} in the middle of a change by its own "
                f"thread: it would wait for itself. Nothing was changed. Let the handler raise, or "
                f"start a thread, and make the change there"
            )


def is_publishing(*shared: object) -> bool:
    """Whether the same thread is inside a claim or a publication of a ring.

    Args:
        shared: the objects that the producers of this ring share, and no others: its state, its
            skipped sequences. Each function that claims or publishes can reach one of them.
    """
    for frame in _below():
        if str(frame.f_globals.get("__name__")).startswith(_PUBLISHES) and any(
            _reaches(value, shared) for value in tuple(frame.f_locals.values())
        ):
            return True
    return False


def _reaches(value: object, shared: tuple[object, ...], depth: int = 4) -> bool:
    """Whether `value`, a variable of a function that claims or publishes, leads to a shared object.

    The hot functions close over few objects, such as the recovery, which have more; a `Claim` has
    the functions.
    """
    if any(value is each for each in shared):
        return True
    return depth > 0 and any(_reaches(part, shared, depth - 1) for part in _parts(value))


def _parts(value: object) -> Iterator[object]:
    """What a producer's function closes over, a method's object, the attributes of an object."""
    if isinstance(value, MethodType):
        yield value.__self__
    elif isinstance(value, FunctionType):
        if str(value.__globals__.get("__name__")).startswith(_PUBLISHES):
            for cell in value.__closure__ or ():
                with contextlib.suppress(ValueError):  # it is empty
                    yield cell.cell_contents
    elif type(value).__module__.startswith(_PUBLISHES):
        for kind in type(value).__mro__:
            for name in getattr(kind, "__slots__", ()):
                yield getattr(value, name, None)
