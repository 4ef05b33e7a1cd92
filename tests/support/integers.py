"""Integers that are not `int`, as numpy's are not: they say their value by `__index__` alone."""


class Index:
    """An integer of another kind: it can neither be compared nor be added."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


class Derived(int):
    """An integer of a class of its own."""
