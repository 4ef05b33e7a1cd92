"""Methods and properties that refuse an object which was left behind by a fork.

In a child they take the place of the originals, in the class that a look-up finds them in. For an
object without a mark they hand out the original, so the new objects of the child work. That costs
each look-up 0.3 µs in 3.13t. Functions in slots, such as those of a `Producer`, stay as fast as
they are. So do classes of which the parent had no objects.

They act in the look-up, not in the call. So they add nothing to the call stack, which `reentry`
inspects. A look-up in the class finds the original, with its signature and documentation.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
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
#: Methods that say which process made the object.
TELLS: Final = frozenset(("__repr__", "__str__"))
#: Names that still answer, because they identify the object.
KEPT: Final = frozenset(("name",))
#: The attribute that marks an object.
MARK: Final = "_left_behind_by"


class Noted:
    """Base of classes with slots whose objects `made_here` notes."""

    __slots__ = ("__weakref__", MARK)

    #: The process that made the object, if this one was forked from it; else None.
    _left_behind_by: int | None


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


def refuses(kind: type) -> bool:
    """Whether objects of a class refuse calls in a child."""
    return getattr(kind, "_in_child", ANSWERS) is not None


def mark(thing: object, made_in: int) -> None:
    """Let an object that another process made refuse every call. May be called again."""
    object.__setattr__(thing, MARK, made_in)
    kind = type(thing)
    slots = _slots_of.get(kind)
    if slots is None:
        slots = _slots_of[kind] = _exchange_calls(kind)
    functions = [slot for slot in slots if callable(getattr(thing, slot, None))]
    if functions:
        # Not by a reference to the object, which would be a cycle
        refuse = partial(_refuse, _named(thing), made_in)
        for slot in functions:
            object.__setattr__(thing, slot, refuse)


def _refuse(named: str, made_in: int, *arguments: object, **options: object) -> NoReturn:
    raise forked(named, made_in)


#: The classes whose calls refuse marked objects, with the slots that callers see.
_slots_of: Final[dict[type, list[str]]] = {}


def _exchange_calls(kind: type) -> list[str]:
    """Let the calls of a class refuse marked objects; return the slots among the names.

    A special method is exchanged only if a class in Python has it. A class that had inherited it
    from `object` would get another function in C for it, and 3.14t stops all threads for that.
    """
    slots: list[str] = []
    for name in _names(kind):
        owner = next(base for base in kind.__mro__ if name in vars(base))
        member = vars(owner)[name]
        if isinstance(member, MemberDescriptorType):
            slots.append(name)
        elif isinstance(member, FunctionType):
            setattr(owner, name, RefusingMethod(name, member))
        elif type(member) is property:
            setattr(owner, name, RefusingProperty.of(name, member))
    return slots


def _names(kind: type) -> Iterable[str]:
    """The names that the library gives to callers, and those that have an answer in a child."""
    of_library = {name for base in _library_bases(kind) for name in vars(base)}
    others = LANGUAGE | ENDS | _answers(kind).keys()
    called = {name for name in of_library if not name.startswith("_") or name in others}
    return (called | TELLS) - KEPT


def _library_bases(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base.__module__.partition(".")[0] == "ringbuffer"]


def _answers(kind: type) -> Mapping[str, object]:
    return {**ANSWERS, **getattr(kind, "_in_child", ANSWERS)}


class RefusingMethod:
    """A method that refuses a marked object."""

    __slots__ = ("_bind", "_member", "_name")

    def __init__(self, name: str, member: Any) -> None:
        self._name: Final = name
        self._member: Final = member
        self._bind: Final[Callable[[Any, type | None], Any]] = member.__get__

    def __get__(self, thing: Any, kind: type | None = None) -> Any:
        """Look the method up, as a function does."""
        try:
            made_in = thing._left_behind_by
        except AttributeError:  # a look-up in the class, or before the object is noted
            made_in = None
        if made_in is None:
            return self._bind(thing, kind)
        is_coroutine_function = inspect.iscoroutinefunction(self._member)

        def call(*arguments: object, **options: object) -> object:
            answer = _answer(thing, self._name, made_in)
            return _coroutine(answer) if is_coroutine_function else answer

        return call


class RefusingProperty(property):
    """A property that refuses a marked object."""

    #: The name that is looked up.
    called = ""

    @classmethod
    def of(cls, name: str, member: property) -> "RefusingProperty":
        """The one that takes the place of `member`."""
        made = cls(member.fget, member.fset, member.fdel, member.__doc__)
        made.called = name
        return made

    def __get__(self, thing: Any, kind: type | None = None) -> Any:
        """Read the property, or answer."""
        try:
            made_in = thing._left_behind_by
        except AttributeError:
            made_in = None
        if made_in is None:
            return property.__get__(self, thing, kind)
        return _answer(thing, self.called, made_in)

    def __set__(self, thing: Any, value: Any) -> None:
        """Set the property, or raise."""
        _check(thing)
        property.__set__(self, thing, value)

    def __delete__(self, thing: Any) -> None:
        """Delete the property, or raise."""
        _check(thing)
        property.__delete__(self, thing)


def _check(thing: object) -> None:
    made_in = getattr(thing, MARK, None)
    if made_in is not None:
        raise forked(_named(thing), made_in)


def _answer(thing: object, name: str, made_in: int) -> object:
    """What a call of a marked object returns.

    Raises:
        ForkedProcessError: it does not answer.
    """
    if name in TELLS:
        return (
            f"<{_named(thing)}, made in process {made_in}; this is process {os.getpid()}, forked "
            f"from it>"
        )
    kind = type(thing)
    if name in ENDS:
        return _done(next(base for base in _library_bases(kind) if name in vars(base)), name)
    answer = _answers(kind).get(name, REFUSES)
    if answer is REFUSES:
        raise forked(_named(thing), made_in)
    return answer


async def _coroutine(answer: object) -> object:
    return answer


def _named(thing: object) -> str:
    name = getattr(thing, "name", None)
    kind = type(thing).__name__
    return f"{kind} {name!r}" if isinstance(name, str) else kind


def _done(base: type, end: str) -> object:
    """What a function that ends an object returns in a child, from its annotation.

    True if it reports whether all is done; otherwise None or an empty report.
    """
    returned = getattr(getattr(base, end), "__annotations__", {}).get("return")
    return True if returned is bool else None if returned is None else returned()
