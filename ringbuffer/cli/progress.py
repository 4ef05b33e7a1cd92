"""Progress of a command that takes seconds."""

import sys
import time
from typing import TextIO


class Progress:
    """One line that is written over, on a terminal; nothing where nobody looks."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._begin = time.monotonic()

    def tell(self, line: str) -> None:
        """Show what is being done."""
        if self._is_terminal:
            passed = time.monotonic() - self._begin
            self._stream.write(f"\r\x1b[K{passed:4.0f} s  {line[:110]}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
