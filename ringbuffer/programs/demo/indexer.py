"""The indexer: counts words, strictly after the journal and the counter have handled the line."""

import re
import threading
import time
from typing import Final

from ringbuffer.diagnostics.histogram import FINE, Histogram
from ringbuffer.programs.demo.event import END_OF_INPUT, LineEvent

_WORD: Final = re.compile(rb"[A-Za-z_][A-Za-z_0-9]*")


class Indexer:
    """A handler that counts words and latencies, checks the order, and empties the event.

    Args:
        finished: set when the end mark has come.

    Attributes:
        words: how often each word was seen.
        latency: from publication to here, in nanoseconds.
        violations: events without the mark of the journal or of the counter: they came here too
        early.
    """

    def __init__(self, finished: threading.Event) -> None:
        self.words: Final[dict[bytes, int]] = {}
        self.latency: Final = Histogram(steps=FINE)
        self.violations = 0
        self._finished: Final = finished

    def on_event(self, event: LineEvent, sequence: int, end_of_batch: bool) -> None:
        """Index one line."""
        if event.file == END_OF_INPUT:
            self._finished.set()
            return
        if event.journaled != sequence or event.counted != sequence:
            self.violations += 1
        self.latency.record(time.perf_counter_ns() - event.published_ns)
        add_words(self.words, event.line)
        event.line = b""


def add_words(words: dict[bytes, int], line: bytes) -> None:
    """Count the words of one line."""
    for word in _WORD.findall(line):
        words[word] = words.get(word, 0) + 1
