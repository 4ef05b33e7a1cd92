"""Progress: a line that rewrites itself on a terminal, nothing in a pipe."""

import time
from typing import Final, TextIO


class ProgressLine:
    """Says what goes on, how far and how fast, a few times a second. Used by one thread.

    Args:
        stream: where; only a terminal gets anything.
    """

    INTERVAL: Final = 0.2

    def __init__(self, stream: TextIO | None) -> None:
        self._terminal: Final = stream if stream is not None and stream.isatty() else None
        self._phase = ""
        self._phase_started = self._next = 0.0

    def update(self, phase: str, lines: int) -> None:
        """Show the phase, its number of lines and its rate, unless something was shown just now."""
        if self._terminal is None:
            return
        now = time.perf_counter()
        if phase != self._phase:
            self._phase, self._phase_started, self._next = phase, now, 0.0
        if now >= self._next:
            self._next = now + self.INTERVAL
            elapsed = now - self._phase_started
            rate = f", {lines / elapsed:,.0f} lines/s" if elapsed > 0 else ""
            self._terminal.write(f"\r\x1b[K{phase}: {lines:,} lines, {elapsed:.1f} s{rate}")
            self._terminal.flush()

    def clear(self) -> None:
        """Leave the terminal's line empty."""
        if self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
