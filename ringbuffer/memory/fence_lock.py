"""`ListFenceLock`: a fence lock that a thread passes with one bytecode.

A read-modify-write would be a foreign call. `SwapFenceLock` makes one, for interpreters that lock
no list.
"""

from typing import Final

from ringbuffer.memory.protocols import Cell


class ListFenceLock(list[None]):
    """A list of one item: CPython holds the list's own lock while it stores the item. Any thread.

    CPython takes that lock by a compare-and-swap and releases it by another (`PyMutex`): about 20
    ns without contention. An exchange through libpatomic takes 20 times as long. In a build with a
    GIL, the GIL orders the passages. Why it is a subclass: see `store_locks`.
    """

    __slots__ = ("__weakref__",)

    def __init__(self) -> None:
        super().__init__((None,))


class SwapFenceLock:
    """A fence lock over a cell that each passage exchanges. Any thread."""

    __slots__ = ("__weakref__", "_cell")

    def __init__(self, cell: Cell) -> None:
        self._cell: Final = cell

    def __setitem__(self, index: int, value: None, /) -> None:
        """Pass it."""
        self._cell.exchange(0)
