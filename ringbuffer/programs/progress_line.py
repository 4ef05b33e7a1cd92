"""Progress of a command that takes seconds."""

import sys
import time
from typing import TextIO


class Progress:
    """One line that is overwritten, on a terminal; no output to other streams."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._begin = time.monotonic()

    def tell(self, line: str) -> None:
        """Show the current step."""
        if self._is_terminal:
            passed = time.monotonic() - self._begin
            self._stream.write(f"\r\x1b[K{passed:4.0f} s  {line[:110]}")
            self._stream.flush()

    def clear(self) -> None:
        """Remove the line."""
        if self._is_terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
