"""`PublishedCursor`: what is published in a single-producer ring: everything up to the cursor."""

from typing import Final

from ringbuffer.memory import CellView


class PublishedCursor:
    """Everything up to the cursor is published. Owning thread only.

    Attributes:
        word: the cursor.
    """

    __slots__ = ("word",)

    def __init__(self, cursor: CellView) -> None:
        self.word: Final = cursor.word

    def get(self) -> int:
        """The cursor, loaded with acquire."""
        return self.word[0]

    def highest_from(self, sequence: int) -> int:
        """The cursor, loaded with acquire; nothing needs to be searched."""
        return self.word[0]
