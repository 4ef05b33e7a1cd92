"""The event of the ring."""

from typing import Final

#: In the place of a file's index: there are no more lines.
END_OF_INPUT: Final = -1


class LineEvent:
    """One line of one file, or the end mark. The publisher fills it, and the indexer empties it.

    Attributes:
        file: the index of the line's file, or `END_OF_INPUT`.
        line: the bytes, with the newline.
        published_ns: when it went into the ring, as of `time.perf_counter_ns`.
        journaled: the sequence under which the journal saw it last: the mark that the indexer looks
        for.
        counted: likewise of the counter.
    """

    __slots__ = ("counted", "file", "journaled", "line", "published_ns")

    def __init__(self) -> None:
        self.file = END_OF_INPUT
        self.line = b""
        self.published_ns = 0
        self.journaled = -1
        self.counted = -1
