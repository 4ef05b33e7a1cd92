"""The journal: every line as a length-prefixed record, in a file that can be replayed."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from ringbuffer.cli.demo.event import END_OF_INPUT, LineEvent

#: file index, length of the line; both unsigned 32-bit, little-endian.
_PREFIX: Final = struct.Struct("<II")


class JournalError(Exception):
    """A journal does not consist of whole records."""


class Journal:
    """A handler that writes records and flushes them when it has caught up.

    Args:
        stream: a buffered binary file, closed by whoever opened it.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: Final = stream

    def on_event(self, event: LineEvent, sequence: int, end_of_batch: bool) -> None:
        """Write one record."""
        if event.file != END_OF_INPUT:
            line = event.line
            self._stream.write(_PREFIX.pack(event.file, len(line)))
            self._stream.write(line)
        if end_of_batch:
            self._stream.flush()


def replay(path: Path) -> Iterator[tuple[int, bytes]]:
    """The records of a journal: (file index, line).

    Raises:
        JournalError: the journal ends within a record.
    """
    with path.open("rb") as stream:
        while prefix := stream.read(_PREFIX.size):
            if len(prefix) < _PREFIX.size:
                raise JournalError("the journal ends within a prefix")
            file, length = _PREFIX.unpack(prefix)
            line = stream.read(length)
            if len(line) < length:
                raise JournalError("the journal ends within a line")
            yield file, line
