"""`ListTurnstile`: a passage through a lock in one bytecode, where a read-modify-write is a foreign function call."""


class ListTurnstile(list[None]):
    """A list of one item: CPython holds the list's own lock while it stores an item. Any thread.

    That lock is taken by a compare-and-swap and given back by another (`PyMutex`), about 20 ns where nobody else is at it;
    an exchange through libpatomic takes 20 times as long. With a GIL the passage is ordered by that one.
    """

    __slots__ = ("__weakref__",)

    def __init__(self) -> None:
        super().__init__((None,))
