"""`Marks`: what stands for objects in steps and states, so that equal runs can be compared."""

import enum
from collections.abc import Callable
from typing import Final


class Marks:
    """The marks of one run.

    Args:
        name: makes a name for an object that is seen first, the same in every run that does the
            same.
    """

    def __init__(self, name: Callable[[str], str]) -> None:
        self._name: Final = name
        #: By its address, the name of each object; and the object, which keeps its address.
        self._known: Final[dict[int, tuple[str, object]]] = {}

    def of(self, value: object) -> object:
        """The mark of a value: hashable, and the same in every run that does the same.

        Plain values stand for themselves. An object that can change gets a name, whatever it
        contains.
        """
        if value is None or isinstance(value, bool | int | float | str | bytes | enum.Enum | type):
            return value
        if type(value) is tuple:
            return tuple(map(self.of, value))
        known = self._known.get(id(value))
        if known is None:
            known = f"<{self._name(type(value).__name__)}>", value
            self._known[id(value)] = known
        return known[0]
