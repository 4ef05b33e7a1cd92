"""`ListFenceLock`: a fence lock that a thread passes with one bytecode.

A read-modify-write would be a foreign call.
"""


class ListFenceLock(list[None]):
    """A list of one item: CPython holds the list's own lock while it stores the item. Any thread.

    CPython takes that lock by a compare-and-swap and releases it by another (`PyMutex`): about 20
    ns without contention. An exchange through libpatomic takes 20 times as long. In a build with a
    GIL, the GIL orders the passages.
    """

    __slots__ = ("__weakref__",)

    def __init__(self) -> None:
        super().__init__((None,))
