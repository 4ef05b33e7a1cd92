"""Progress: a line that rewrites itself on a terminal, nothing in a pipe."""

import time
from typing import Final, TextIO


class ProgressLine:
    """Says how far the work is, a few times a second. Used by one thread.

    Args:
        stream: where; only a terminal gets anything.
    """

    INTERVAL: Final = 0.2

    def __init__(self, stream: TextIO) -> None:
        self._stream: Final = stream
        self._shows: Final = stream.isatty()
        self._started: Final = time.perf_counter()
        self._next = 0.0

    def update(self, phase: str, lines: int) -> None:
        """Show the phase and the number of lines, unless something was shown just now."""
        if self._shows and (now := time.perf_counter()) >= self._next:
            self._next = now + self.INTERVAL
            self._stream.write(f"\r\x1b[K{phase}: {lines:,} lines, {now - self._started:.1f} s")
            self._stream.flush()

    def clear(self) -> None:
        """Leave the terminal's line empty."""
        if self._shows:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
