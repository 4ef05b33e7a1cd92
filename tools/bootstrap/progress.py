"""Progress of long work: one rewritten line on a terminal, a line from time to time elsewhere."""

import sys
import time
from typing import Final, TextIO


class Progress:
    """Says what is being done, for how long, and how far it is. Used by one thread.

    Args:
        stream: where to say it.
        plain_interval: seconds between two lines if the stream is not a terminal.
    """

    def __init__(self, stream: TextIO = sys.stderr, *, plain_interval: float = 30.0) -> None:
        self._stream: Final = stream
        self._terminal: Final = stream.isatty()
        self._interval: Final = 0.2 if self._terminal else plain_interval
        self._started = self._shown = time.monotonic()
        self._phase = ""

    def begin(self, phase: str) -> None:
        """Start a phase of the work."""
        self._phase = phase
        self._started = self._shown = time.monotonic()
        self._show(f"{phase} …")

    def update(self, detail: str) -> None:
        """Say how far the phase is, unless something was said just now."""
        now = time.monotonic()
        if now - self._shown >= self._interval:
            self._shown = now
            self._show(f"{self._phase}: {detail}, {now - self._started:.0f} s")

    def end(self, result: str = "done") -> None:
        """Finish the phase."""
        self._show(f"{self._phase}: {result}, {time.monotonic() - self._started:.0f} s", last=True)

    def _show(self, text: str, *, last: bool = False) -> None:
        if self._terminal:
            self._stream.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
        else:
            self._stream.write(text + "\n")
        self._stream.flush()
