"""The event that goes round."""

from typing import Final

#: In the place of a file's index: there are no more lines.
END_OF_INPUT: Final = -1


class LineEvent:
    """One line of one file, or the end mark. The publisher fills it, the indexer, last in line, empties it."""

    __slots__ = ("file", "line", "published_ns")

    def __init__(self) -> None:
        self.file = END_OF_INPUT
        self.line = b""
        self.published_ns = 0
