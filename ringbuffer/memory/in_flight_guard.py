"""`ListInFlightGuard`: its thread enters it with two bytecodes; other threads can shut it."""


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
