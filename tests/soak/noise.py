"""`Noise`: errors that no test would see: they end threads, are ignored, or are only logged."""

import contextlib
import logging
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

#: So many of them are kept with their text.
KEPT: Final = 20


class Noise(logging.Handler):
    """Gets asyncio's errors, the library's critical errors, and both hooks of the interpreter.

    Any thread.

    Attributes:
        heard: how often, by where it came from.
        texts: the first of them.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: Final[Counter[str]] = Counter()
        self.texts: Final[list[str]] = []
        self._hears: Final = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.note(
            f"log of {record.name}",
            f"{record.getMessage()}{'' if error is None else f': {error!r}'}",
        )

    def note(self, source: str, text: str) -> None:
        with self._hears:
            self.heard[source] += 1
            if len(self.texts) < KEPT:
                self.texts.append(f"{source}: {text}")

    @contextlib.contextmanager
    def listening(self) -> Iterator["Noise"]:
        """Get everything until the end of the block; silence the log of handlers that fail."""
        library, loops, soak = (
            logging.getLogger(name) for name in ("ringbuffer", "asyncio", "tests.soak")
        )
        before = library.level, soak.level
        hooks = sys.unraisablehook, threading.excepthook
        library.setLevel(logging.CRITICAL)
        soak.setLevel(logging.CRITICAL)
        library.addHandler(self)
        loops.addHandler(self)

        def unraisable(happened: Any) -> None:
            self.note(
                "ignored by the interpreter", f"{happened.exc_value!r} in {happened.object!r}"
            )

        def ended(happened: Any) -> None:
            self.note("end of a thread", f"{happened.exc_value!r} in {happened.thread!r}")

        sys.unraisablehook, threading.excepthook = unraisable, ended
        try:
            yield self
        finally:
            sys.unraisablehook, threading.excepthook = hooks
            library.removeHandler(self)
            loops.removeHandler(self)
            library.setLevel(before[0])
            soak.setLevel(before[1])
