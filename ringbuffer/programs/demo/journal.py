"""The journal: every line as a length-prefixed record, in a file that can be replayed."""

import struct
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Final

from ringbuffer.programs.demo.event import END_OF_INPUT, LineEvent

#: file index, length of the line; both unsigned 32-bit, little-endian.
_PREFIX: Final = struct.Struct("<II")


class JournalError(Exception):
    """A journal does not consist of whole records."""


class Journal:
    """A handler that collects the records of a batch and writes them at its end.

    The batch is the buffer, and the stream has none of its own: closing one that still holds what
    could not be written would try again, and fail again.

    Args:
        stream: an unbuffered binary file; the caller that opened it closes it.
    """

    def __init__(self, stream: FileIO) -> None:
        self._stream: Final = stream
        self._batch: Final[list[bytes]] = []

    def on_event(self, event: LineEvent, sequence: int, end_of_batch: bool) -> None:
        """Take one record; write all of the batch at its end."""
        if event.file != END_OF_INPUT:
            line = event.line
            self._batch.append(_PREFIX.pack(event.file, len(line)))
            self._batch.append(line)
        event.journaled = sequence
        if end_of_batch:
            self._write(b"".join(self._batch))
            self._batch.clear()

    def _write(self, records: bytes) -> None:
        """Write everything: a disk that fills up takes a part first, and refuses the rest."""
        rest = memoryview(records)
        while rest:
            rest = rest[self._stream.write(rest) :]


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
