"""`ListInFlightGuard`: its thread enters it with two bytecodes; other threads can shut it."""

from typing import Final, SupportsIndex

from ringbuffer.memory.protocols import Cell


class ListInFlightGuard(list[bool]):
    """Two items: whether its thread is inside, and whether it is shut. See `InFlightGuard`.

    CPython holds the list's own lock while it stores either item (see `ListFenceLock`).
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((False, False))

    def shut(self) -> None:
        """Forbid the thread's next operation. Any thread."""
        self[1] = True

    def is_inside(self) -> bool:
        """Whether its thread is inside. Any thread."""
        return self[0]


class SwapInFlightGuard(ListInFlightGuard):
    """The same for interpreters that lock no list: an exchange of a cell follows each store."""

    __slots__ = ("_cell",)

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self._cell: Final = cell

    def __setitem__(self, index: SupportsIndex, value: bool, /) -> None:  # type: ignore[override]
        """Store; then a fence, which all threads that use the guard pass."""
        super().__setitem__(index, value)
        self._cell.exchange(0)
