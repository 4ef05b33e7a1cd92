"""`Lost`: a weak reference to a consumer that knows how the consumer ends."""

import weakref
from collections.abc import Callable
from typing import Self


class Lost[T](weakref.ref[T]):
    """Gives itself to a function when its consumer is gone. Any thread.

    Attributes:
        end: removes the consumer's gate.
        number: of its own.
    """

    __slots__ = ("end", "number")

    end: Callable[[], object]
    number: int

    @classmethod
    def watch(
        cls, owner: T, end: Callable[[], object], number: int, note: Callable[["Lost[T]"], object]
    ) -> Self:
        """Returns a reference that gives itself to a function.

        Args:
            owner: the consumer.
            end: removes the consumer's gate.
            number: of its own.
            note: the function. It is one of C, in which no signal handler runs: CPython ignores
                what a handler raises there, and would leave the rest of it out.
        """
        lost = cls(owner, note)
        lost.end, lost.number = end, number
        return lost
