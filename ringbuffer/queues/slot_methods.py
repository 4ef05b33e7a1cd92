"""`MethodsInSlots`: functions in the slots of each object, which look like methods of its class.

A closure over what an object needs is faster than a method, which looks up everything on the
object. Such a closure is kept in a slot of the object. The descriptor of a slot cannot be called
and has no signature, so a lookup on the class returns a plain function in its place. A lookup on an
object does not run this code and costs no more than before.

`unittest.mock` may replace the descriptor on the class, and the function in the slot of an object.
New objects are filled through the original descriptors meanwhile.
"""

from abc import ABCMeta
from collections.abc import Callable
from types import FunctionType, MemberDescriptorType
from typing import Any, Final

#: The original slot descriptors of the classes, and the function that stands for each of them.
_SLOTS: Final[dict[tuple[type, str], MemberDescriptorType]] = {}
_FUNCTIONS: Final[dict[MemberDescriptorType, FunctionType]] = {}


class MethodsInSlots(ABCMeta):
    """The metaclass of such classes; an `ABCMeta`, so that they may have abstract bases."""

    def __getattribute__(cls, name: str) -> Any:
        """Look up `name` as usual; for a slot that has a function, return the function."""
        found = super().__getattribute__(name)
        return _FUNCTIONS.get(found, found) if type(found) is MemberDescriptorType else found


def stands_for(cls: type, **functions: Callable[..., Any]) -> None:
    """Let each function stand for the slot of its name; its first argument is the object."""
    for name, function in functions.items():
        assert isinstance(function, FunctionType)
        slot = vars(cls)[name]
        function.__name__, function.__qualname__ = name, f"{cls.__qualname__}.{name}"
        _SLOTS[cls, name] = slot
        _FUNCTIONS[slot] = function


def bind(cls: type, thing: object, *methods: Callable[..., Any]) -> None:
    """Put functions into the slots of their names, with the docstrings of the class's functions."""
    for method in methods:
        slot = _SLOTS[cls, method.__name__]
        method.__doc__, method.__qualname__ = (
            _FUNCTIONS[slot].__doc__,
            _FUNCTIONS[slot].__qualname__,
        )
        slot.__set__(thing, method)


def bound_method(cls: type, name: str, thing: object) -> Callable[..., Any]:
    """Return the function in the slot of that name."""
    method: Callable[..., Any] = _SLOTS[cls, name].__get__(thing)
    return method
