"""`FrozenDict`: an immutable dictionary that can be copied and pickled.

`pickle`, `copy` and `dataclasses.asdict` refuse a `types.MappingProxyType`, and also every object
that contains one.
"""

from collections.abc import Mapping
from typing import Any, NoReturn


class FrozenDict[K, V](dict[K, V]):
    """A dictionary that raises `TypeError` at every change. Not hashable. Any thread."""

    __slots__ = ()

    def _refuse(self, *arguments: object, **named: object) -> NoReturn:
        """Raise `TypeError`: it cannot be changed."""
        raise TypeError(
            "these are read-only: make a new mapping from them, such as {**mapping, name: value}"
        )

    __setitem__ = _refuse
    __delitem__ = _refuse
    __ior__ = _refuse
    clear = _refuse
    pop = _refuse
    popitem = _refuse
    setdefault = _refuse
    update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild it from a plain dictionary, because it cannot be filled item by item."""
        return type(self), (dict(self),)


def frozen[K, V](mapping: Mapping[K, V]) -> FrozenDict[K, V]:
    """An immutable copy of `mapping`; `mapping` itself if it is immutable already."""
    return mapping if type(mapping) is FrozenDict else FrozenDict(mapping)
