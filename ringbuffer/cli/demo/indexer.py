"""The indexer: which word stands how often, strictly after the journal and the counter have had the line."""

import re
import threading
import time
from typing import Final

from ringbuffer import Sequence
from ringbuffer.cli.demo.event import END_OF_INPUT, LineEvent
from ringbuffer.cli.demo.histogram import Histogram

_WORD: Final = re.compile(rb"[A-Za-z_][A-Za-z_0-9]*")


class Indexer:
    """A handler that counts words and latencies, checks the order, and empties the event.

    Args:
        finished: set when the end mark has come.
        upstream: the sequences that must have passed an event before it comes here.

    Attributes:
        words: how often each word was seen.
        latency: from publication to here, in nanoseconds.
        violations: events that came before an upstream consumer had finished them.
    """

    def __init__(self, finished: threading.Event, *upstream: Sequence) -> None:
        self.words: Final[dict[bytes, int]] = {}
        self.latency: Final = Histogram()
        self.violations = 0
        self._finished: Final = finished
        self._upstream: Final = upstream
        self._seen: list[int] = []

    def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
        """Look where the upstream consumers are: a batch may not go beyond."""
        self._seen = [sequence.get() for sequence in self._upstream]

    def on_event(self, event: LineEvent, sequence: int, end_of_batch: bool) -> None:
        """Index one line."""
        if event.file == END_OF_INPUT:
            self._finished.set()
            return
        self.latency.record(time.perf_counter_ns() - event.published_ns)
        for upstream in self._seen:
            if upstream < sequence:
                self.violations += 1
        add_words(self.words, event.line)
        event.line = b""


def add_words(words: dict[bytes, int], line: bytes) -> None:
    """Count the words of one line."""
    for word in _WORD.findall(line):
        words[word] = words.get(word, 0) + 1
