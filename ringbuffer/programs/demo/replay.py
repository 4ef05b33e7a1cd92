"""The replay itself: ring, diamond, publisher."""

import threading
import time
from dataclasses import dataclass
from io import FileIO
from itertools import islice
from typing import Final

from ringbuffer import (
    BatchEventProcessor,
    ExceptionHandler,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    WaitStrategy,
)
from ringbuffer.programs.demo.counter import Counter
from ringbuffer.programs.demo.event import END_OF_INPUT, LineEvent
from ringbuffer.programs.demo.indexer import Indexer
from ringbuffer.programs.demo.journal import Journal
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.source import LineSource
from ringbuffer.programs.interruption import Interruption

#: Lines between two looks at how full the ring is.
_SAMPLE_EVERY: Final = 256
#: How long a halted consumer may take for its current batch, in seconds. After that the demo leaves
#: it behind.
_PATIENCE: Final = 1.0


@dataclass
class Replay:
    """What a replay did.

    Attributes:
        published: lines that went into the ring.
        seconds: from the first claim until the indexer had the last line.
        interrupted: whether Ctrl-C ended it early.
        died: the name of the consumer that died, if one did.
        failure: what it died of.
        occupancy_mean: share of the ring in use, 0 to 1, as the publisher saw it.
        occupancy_max: the highest of these.
    """

    counter: Counter
    indexer: Indexer
    published: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    died: str | None = None
    failure: BaseException | None = None
    occupancy_mean: float = 0.0
    occupancy_max: float = 0.0


def replay(
    source: LineSource,
    journal: FileIO,
    buffer_size: int,
    wait_strategy: WaitStrategy,
    progress: ProgressLine,
    limit: int | None = None,
) -> Replay:
    """Send the lines of `source` through the diamond.

    It ends early, and cleanly, on Ctrl-C or if a consumer dies.

    Raises:
        KeyboardInterrupt: Ctrl-C came a second time.
    """
    ring = RingBuffer(buffer_size, LineEvent, ProducerType.SINGLE, wait_strategy)
    finished = threading.Event()
    result = Replay(Counter(len(source.files)), Indexer(finished))
    dies: ExceptionHandler = _Dies()
    journaling = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        Journal(journal),
        name="journal",
        gating=False,
        exception_handler=dies,
    )
    counting = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        result.counter,
        name="counter",
        gating=False,
        exception_handler=dies,
    )
    both = ring.new_barrier(journaling.sequence, counting.sequence)
    indexing = BatchEventProcessor(
        ring, both, result.indexer, name="indexer", exception_handler=dies
    )
    processors = (journaling, counting, indexing)
    with Interruption() as interruption:
        started = time.perf_counter()
        try:
            for processor in processors:
                processor.start()
            _publish(ring, source, interruption, result, progress, limit)
            _drain(ring, finished, interruption, result, progress)
        finally:
            result.seconds = time.perf_counter() - started
            for processor in processors:
                processor.close(_PATIENCE)
    result.interrupted = interruption.requested
    for processor in processors:
        if processor.failure is not None:
            result.died, result.failure = processor.name, processor.failure
    return result


class _Dies:
    """Lets a consumer die of its handler's error silently, because the report has the error."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        raise error

    def handle_on_start_exception(self, error: Exception) -> None:
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        raise error


def _publish(
    ring: RingBuffer[LineEvent],
    source: LineSource,
    interruption: Interruption,
    result: Replay,
    progress: ProgressLine,
    limit: int | None,
) -> None:
    """The publisher's loop, and the end mark after the last line.

    A consumer that dies closes the ring, which ends the loop.
    """
    producer = ring.producer()
    claim, event_at, publish = producer.next, producer.get, producer.publish
    now = time.perf_counter_ns
    samples = 0
    try:
        for file, line in interruption.until_requested(islice(source.lines(), limit)):
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
        result.published = ring.cursor + 1
        sequence = claim()
        event_at(sequence).file = END_OF_INPUT
        publish(sequence)
    except RingBufferClosedError:
        result.published = ring.cursor + 1


def _drain(
    ring: RingBuffer[LineEvent],
    finished: threading.Event,
    interruption: Interruption,
    result: Replay,
    progress: ProgressLine,
) -> None:
    """Wait until the indexer has had the end mark, which never comes if a consumer has died."""
    while not finished.wait(ProgressLine.INTERVAL) and not ring.is_closed:
        phase = "interrupted, finishing (Ctrl-C aborts)" if interruption.requested else "finishing"
        progress.update(phase, result.indexer.latency.distribution().count)
