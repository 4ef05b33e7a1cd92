"""The counter: lines and bytes of every file."""

from typing import Final

from ringbuffer.programs.demo.event import END_OF_INPUT, LineEvent


class Counter:
    """A handler that keeps totals.

    Attributes:
        lines: of each file, by its index.
        bytes: of each file, by its index.
    """

    def __init__(self, files: int) -> None:
        self.lines: Final = [0] * files
        self.bytes: Final = [0] * files

    def on_event(self, event: LineEvent, sequence: int, end_of_batch: bool) -> None:
        """Count one line."""
        if event.file != END_OF_INPUT:
            self.add(event.file, event.line)
        event.counted = sequence

    def add(self, file: int, line: bytes) -> None:
        """Count one line of a file."""
        self.lines[file] += 1
        self.bytes[file] += len(line)
