"""What happens in a child that `os.fork` makes to the objects of its parent.

Only the thread that forks continues in the child. Consumers do not exist there, threads that are
gone may hold locks, and no consumer handles what the child publishes. So in the child, each object
that takes part in a ring, or owns threads, raises a `ForkedProcessError` in every call. Functions
that end it, such as `close`, do nothing. New objects, made in the child, work.

How it is done, at no cost in the parent:

* Each such object is noted here when it is made, by a weak reference.
* After a fork, `_enter_child` runs in the child before any other Python code. It makes every lock
  of the library anew. It calls `_after_fork` of each object, which closes what the object shares
  with functions that callers may hold. Those functions check a closed flag, or a limit, anyway.
* Then it gives the object another class: a subclass of its own, in which each public method raises.

Neither step takes a lock. For a fork, CPython stops all other threads at a safe point. So no thread
is in the middle of changing one of its dictionaries or lists. One that is about to stop all threads
itself may hold CPython's own mutex for that, and the change of a class then hangs in the child: see
docs/free-threading.md, "Properties of 3.13t".
"""

import inspect
import itertools
import os
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import FunctionType, MemberDescriptorType
from typing import Any, Final, NoReturn

from ringbuffer.errors import ForkedProcessError

#: Marks a private name whose call raises, as a public one does.
REFUSES: Final = object()

#: Functions that end an object: in a child they do nothing, and report that all is done.
ENDS: Final = frozenset(
    ("__aexit__", "__exit__", "aclose", "close", "halt", "join", "shutdown", "stop")
)
#: What questions return in a child instead of raising. A class adds to these in `_in_child`.
ANSWERS: Final[Mapping[str, object]] = {
    # If a handler forks and returns in the child, the loop of its processor ends there silently.
    "_fail": None,
    "is_alive": False,
    "is_closed": True,
    "is_current": False,
    "is_running": False,
    "is_shut_down": True,
    "is_shutdown": True,
}
#: Methods of the language that refuse, as public ones do.
LANGUAGE: Final = frozenset(
    (
        "__aenter__",
        "__aiter__",
        "__anext__",
        "__call__",
        "__enter__",
        "__getitem__",
        "__iter__",
        "__len__",
        "__setitem__",
    )
)
#: Names that still answer, because they identify the object.
KEPT: Final = frozenset(("name",))


class Referable:
    """Base of classes with slots whose objects are noted here, by weak references."""

    __slots__ = ("__weakref__",)


class _References[T]:
    """Weak references to objects, in the order in which they were added. Any thread."""

    def __init__(self) -> None:
        self._references: Final[dict[int, weakref.ref[Any]]] = {}
        self._numbers: Final = itertools.count()

    def add(self, thing: T) -> None:
        number, references = next(self._numbers), self._references
        # The callback is C: CPython ignores what a signal handler raises in one that is Python, and
        # an interrupt would be lost. `pop` falls back to the reference that it is given.
        references[number] = weakref.ref(thing, partial(references.pop, number))

    def __iter__(self) -> Iterator[T]:
        return (thing for each in tuple(self._references.values()) if (thing := each()) is not None)

    def clear(self) -> None:
        self._references.clear()


_locks: Final = _References[Any]()
_things: Final = _References[object]()
#: The process that runs this code.
_process = os.getpid()


def renewed_in_child[L](lock: L) -> L:
    """Note a lock, and return it. In a child it is made anew: a thread that is gone may hold it.

    Every lock of CPython has the method for that, which the standard library uses too.
    """
    _locks.add(lock)
    return lock


def made_here(thing: object) -> None:
    """Note an object that must refuse every call in a child.

    Its class may have `_after_fork(made_in)`, which is called in the child with the number of the
    process that made the object. It must not wait. The class may have `_in_child`: what calls
    return instead of raising, by name. With `_in_child = None` the object keeps its class.
    """
    _things.add(thing)


def forked(thing: str, made_in: int | None = None) -> ForkedProcessError:
    """The error of a call in a child.

    Args:
        thing: the object that was called.
        made_in: the number of the process that made it, if it is known.
    """
    maker = "another process" if made_in is None else f"process {made_in}"
    return ForkedProcessError(
        f"{thing} was made in {maker} and cannot be used in process {os.getpid()}, which was "
        f"forked from it and has none of its threads. Nothing was done; make a new one in this "
        f"process"
    )


def _enter_child() -> None:
    """Runs in a child after a fork. Raises errors at the end: CPython prints them and goes on."""
    global _process
    parent, _process = _process, os.getpid()
    failures: list[Exception] = []
    for lock in _locks:
        lock._at_fork_reinit()
    for thing in tuple(_things):
        try:
            _leave_behind(thing, parent)
        except Exception as failure:
            failures.append(failure)
    _things.clear()
    if failures:
        raise ExceptionGroup("objects that may hang in this process, which was forked", failures)


def _leave_behind(thing: Any, made_in: int) -> None:
    kind = type(thing)
    after_fork: Callable[[int], object] | None = getattr(thing, "_after_fork", None)
    if after_fork is not None:
        after_fork(made_in)
    if getattr(kind, "_in_child", ANSWERS) is not None:
        thing.__class__ = _refusing(kind, made_in)


#: The refusing classes, by the class of the object and the process that made the object.
_kinds: Final[dict[tuple[type, int], type]] = {}


def _refusing(kind: type, made_in: int) -> type:
    """A subclass whose calls raise, which adds nothing to an object."""
    found = _kinds.get((kind, made_in))
    if found is None:
        found = _kinds[kind, made_in] = _make_refusing(kind, made_in)
    return found


def _make_refusing(kind: type, made_in: int) -> type:
    answers = dict(ANSWERS)
    members: dict[str, object] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] == "ringbuffer":
            answers |= vars(base).get("_in_child", {})
            members |= vars(base)

    def told(self: object) -> str:
        name = getattr(self, "name", None)
        named = f" {name!r}" if isinstance(name, str) else ""
        return (
            f"<{kind.__name__}{named}, made in process {made_in}; this is process {os.getpid()}, "
            f"forked from it>"
        )

    def refuse(self: object, *arguments: object, **named: object) -> NoReturn:
        raise forked(
            f"{kind.__name__}{told(self).partition(',')[0].removeprefix(f'<{kind.__name__}')}",
            made_in,
        )

    namespace: dict[str, object] = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__repr__": told,
        "__str__": told,
    }
    for name, member in members.items():
        is_called = not name.startswith("_") or name in LANGUAGE or name in answers or name in ENDS
        if is_called and name not in KEPT:
            answer = answers.get(name, _done(member) if name in ENDS else REFUSES)
            replacement = _replacement(member, answer, refuse)
            if replacement is not None:
                namespace[name] = replacement
    return type(kind)(kind.__name__, (kind,), namespace)


def _done(end: object) -> object:
    """What a function that ends an object returns in a child, from its annotation.

    True if it reports whether all is done; otherwise None or an empty report.
    """
    returned = getattr(end, "__annotations__", {}).get("return")
    return True if returned is bool else None if returned is None else returned()


def _replacement(member: object, answer: object, refuse: Callable[..., object]) -> object:
    """The replacement for a member of a class; None keeps the member."""
    if isinstance(member, property):
        return property(refuse if answer is REFUSES else lambda self: answer)
    # A function in a slot raises; a value can still be read
    if isinstance(member, MemberDescriptorType):
        in_slot = member

        def get(self: object) -> object:
            value = in_slot.__get__(self)
            return (lambda *arguments, **named: refuse(self)) if callable(value) else value

        return property(get)
    if not isinstance(member, FunctionType):
        return None
    if answer is REFUSES:
        return refuse
    if not inspect.iscoroutinefunction(member):
        return lambda self, *arguments, **named: answer

    async def answering(self: object, *arguments: object, **named: object) -> object:
        return answer

    return answering


if hasattr(os, "register_at_fork"):  # where there is no fork, there is no child to enter
    os.register_at_fork(after_in_child=_enter_child)
