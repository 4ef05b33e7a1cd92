"""The replay itself: ring, diamond, publisher."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringbuffer import (
    BatchEventProcessor,
    FatalExceptionHandler,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    WaitStrategy,
)
from ringbuffer.cli.demo.counter import Counter
from ringbuffer.cli.demo.event import END_OF_INPUT, LineEvent
from ringbuffer.cli.demo.indexer import Indexer
from ringbuffer.cli.demo.journal import Journal
from ringbuffer.cli.demo.progress import ProgressLine
from ringbuffer.cli.demo.source import Source

#: Lines between two looks at how full the ring is.
_SAMPLE_EVERY: Final = 256


@dataclass
class Replay:
    """What a replay did.

    Attributes:
        published: lines that went into the ring.
        seconds: from the first claim until the indexer had the last line.
        interrupted: whether Ctrl-C ended it early.
        failure: what a consumer died of, if one did.
        occupancy_mean: share of the ring in use, 0 to 1, as the publisher saw it.
        occupancy_max: the highest of these.
    """

    counter: Counter
    indexer: Indexer
    published: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    failure: Exception | None = None
    occupancy_mean: float = 0.0
    occupancy_max: float = 0.0


def replay(source: Source, journal_path: Path, buffer_size: int, wait_strategy: WaitStrategy, progress: ProgressLine) -> Replay:
    """Send every line of `source` through the diamond; end early, and cleanly, on Ctrl-C or if a consumer dies."""
    ring = RingBuffer(buffer_size, LineEvent, ProducerType.SINGLE, wait_strategy)
    counter = Counter(len(source.files))
    finished = threading.Event()
    on_failure = _FinishOnFailure(finished)
    with journal_path.open("wb") as stream:
        journaling = BatchEventProcessor(
            ring, ring.new_barrier(), Journal(stream), name="journal", gating=False, exception_handler=on_failure
        )
        counting = BatchEventProcessor(
            ring, ring.new_barrier(), counter, name="counter", gating=False, exception_handler=on_failure
        )
        upstream = (journaling.sequence, counting.sequence)
        indexer = Indexer(finished, *upstream)
        indexing = BatchEventProcessor(ring, ring.new_barrier(*upstream), indexer, name="indexer", exception_handler=on_failure)
        result = Replay(counter, indexer)
        for processor in (journaling, counting, indexing):
            processor.start()
        started = time.perf_counter()
        try:
            _publish(ring, source, result, progress)
            _wait(finished, result)
        finally:
            result.seconds = time.perf_counter() - started
            result.failure = on_failure.failure
            for processor in (journaling, counting, indexing):
                processor.close()
    return result


def _wait(finished: threading.Event, result: Replay) -> None:
    """Wait for the end mark to come out. A first Ctrl-C here ends nothing early; a second one does."""
    try:
        finished.wait()
    except KeyboardInterrupt:
        if result.interrupted:
            raise
        result.interrupted = True
        finished.wait()


class _FinishOnFailure(FatalExceptionHandler):
    """A consumer that dies also ends the wait for the last event, which will not come."""

    def __init__(self, finished: threading.Event) -> None:
        self._finished: Final = finished
        self.failure: Exception | None = None

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        """Note the error, end the wait, and let the processor die, which closes the ring."""
        self.failure = error
        self._finished.set()
        raise error


def _publish(ring: RingBuffer[LineEvent], source: Source, result: Replay, progress: ProgressLine) -> None:
    """The publisher's loop, and the end mark after the last line, or after the one that Ctrl-C came with.

    Ends early, too, if the ring is closed, which a consumer that dies does.
    """
    producer = ring.producer()
    claim, event_at, publish = producer.next, producer.get, producer.publish
    now = time.perf_counter_ns
    samples = 0
    try:
        try:
            for file, line in source.lines():
                sequence = claim()
                event = event_at(sequence)
                event.file = file
                event.line = line
                event.published_ns = now()
                publish(sequence)
                if sequence % _SAMPLE_EVERY == 0:
                    used = 1 - ring.remaining_capacity() / ring.buffer_size
                    samples += 1
                    result.occupancy_mean += (used - result.occupancy_mean) / samples
                    result.occupancy_max = max(result.occupancy_max, used)
                    progress.update("replaying", sequence)
        except KeyboardInterrupt:
            result.interrupted = True
        result.published = ring.cursor + 1
        # A claim that Ctrl-C cut off before its publication is due next: it becomes the end mark.
        cut_off = ring.sequencer.claimed > ring.cursor
        sequence = ring.sequencer.claimed if cut_off else claim()
        event_at(sequence).file = END_OF_INPUT
        publish(sequence)
    except RingBufferClosedError:
        result.published = ring.cursor + 1
