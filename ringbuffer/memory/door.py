"""`ListDoor`: a door that its thread goes through in two bytecodes, and that others can shut."""


class ListDoor(list[bool]):
    """A list of two items: whether its thread is inside, and whether the door is shut. See `Door`.

    CPython holds the list's own lock while it stores an item, whichever of the two (see `ListTurnstile`).
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((False, False))

    def shut(self) -> None:
        """Let its thread in no more. Any thread."""
        self[1] = True

    def is_inside(self) -> bool:
        """Whether its thread is inside. Any thread."""
        return self[0]
