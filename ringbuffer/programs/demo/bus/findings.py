"""The results of the bus's handlers, one part for each handler; a plain pass fills all parts."""

import io
import threading
import time
import zlib
from collections.abc import Iterable
from typing import Final

from ringbuffer.diagnostics.histogram import FINE, Histogram
from ringbuffer.messaging import current_delivery
from ringbuffer.programs.demo.bus.messages import Arrived, Ended, LineBlock
from ringbuffer.programs.demo.counter import Counter
from ringbuffer.programs.demo.indexer import add_words


class Findings:
    """The findings of the handlers.

    Each handler writes its own attributes alone, in its own thread; they are read when the bus is
    closed, whose `close` has waited for these threads.

    Args:
        files: how many files the input has.

    Attributes:
        messages, crc: of the journal: how many blocks, and the CRC-32 over all file indexes and
        lines in order.
        uncorrelated: of the journal: events that did not say that their message caused them.
        counter: lines and bytes of every file.
        words: how often each word was seen.
        latency: of the indexer: from the queue to here, in nanoseconds.
        ended: set when the indexer has had the last event.
    """

    def __init__(self, files: int) -> None:
        self.messages = self.crc = self.uncorrelated = 0
        self.counter: Final = Counter(files)
        self.words: Final[dict[bytes, int]] = {}
        self.latency: Final = Histogram(steps=FINE)
        self.ended: Final = threading.Event()

    # -- handlers of the bus

    def on_journal(self, event: Arrived) -> None:
        """Keep the checksum; see whether the event belongs to its message."""
        delivery = current_delivery()
        identity = None if delivery is None else delivery.identity
        if identity is None or identity.causation_id != event.message_id:
            self.uncorrelated += 1
        self._journal(event.block)

    def on_count(self, event: Arrived) -> None:
        """Count the lines and their bytes."""
        self._count(event.block)

    def on_index(self, event: object) -> None:
        """Count the words, and measure the latency; report the last event."""
        if isinstance(event, Arrived):
            add_words(self.words, event.block.body)
            self.latency.record(time.perf_counter_ns() - event.sent_ns)
        elif isinstance(event, Ended):
            self.ended.set()

    # -- the plain pass

    def add_all(self, blocks: Iterable[LineBlock]) -> list[int]:
        """Collect the results of all blocks. Returns the numbers of blocks that cannot be read."""
        unreadable = []
        for block in blocks:
            self._journal(block)
            self._count(block)
            add_words(self.words, block.body)
            try:
                read(block)
            except UnicodeDecodeError:
                unreadable.append(block.number)
        return unreadable

    def _journal(self, block: LineBlock) -> None:
        self.messages += 1
        self.crc = zlib.crc32(block.body, zlib.crc32(block.file.to_bytes(4, "little"), self.crc))

    def _count(self, block: LineBlock) -> None:
        for line in io.BytesIO(block.body):  # ends lines where a file does: at newlines only
            self.counter.add(block.file, line)


def on_read(event: Arrived) -> None:
    """The handler that fails: on lines that are not UTF-8, at every attempt."""
    read(event.block)


def read(block: LineBlock) -> str:
    """Decode the text. Raises `UnicodeDecodeError` if it is not UTF-8.

    A block ends with a line, so it contains whole characters.
    """
    return block.body.decode()
