"""One run of the messages through a queue, a pipeline and a bus."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ringbuffer.messaging import (
    ChannelEventBus,
    ChannelQueue,
    DeadLetterQueue,
    EventBus,
    InMemoryQueue,
    InMemoryQueueOptions,
    Pipeline,
    PipelineConsumer,
    QueueMode,
    RetryPolicy,
    RingBufferEventBus,
    RingBufferQueue,
    TransportEnvelope,
    WaitStrategyKind,
)
from ringbuffer.programs.demo.bus.findings import Findings, on_read
from ringbuffer.programs.demo.bus.messages import END, Arrived, LineBlock, event_of, message_of
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.interruption import Interruption

#: How often a handler tries, and how long an event waits before its second attempt, in seconds.
ATTEMPTS: Final = 3
_DELAY: Final = 0.001
#: How long a run that is aborted may take to end, in seconds, for the queue and for the bus. Then
#: it is left behind.
_PATIENCE: Final = 1.0
_MODE_NAMES: Final = {QueueMode.CHANNEL: "Channel mode", QueueMode.RING_BUFFER: "ring mode"}


@dataclass
class Relayed:
    """What a run did.

    Attributes:
        mode: what the queue and the bus were built on.
        findings: of the handlers.
        dead_letters: what no handler could handle.
        sent: messages that went into the queue.
        retried: attempts after a first one.
        seconds: from the first message until everything was handled, retries included.
        interrupted: whether Ctrl-C ended it early.
    """

    mode: QueueMode
    findings: Findings
    dead_letters: DeadLetterQueue = field(default_factory=lambda: DeadLetterQueue(None))
    sent: int = 0
    retried: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def name(self) -> str:
        """The mode, for people."""
        return _MODE_NAMES[self.mode]


def relay(
    mode: QueueMode,
    blocks: Iterable[LineBlock],
    files: int,
    buffer_size: int,
    strategy: WaitStrategyKind,
    progress: ProgressLine,
) -> Relayed:
    """Send the blocks through; end early, and cleanly, on Ctrl-C.

    Raises:
        KeyboardInterrupt: Ctrl-C came a second time.
    """
    result = Relayed(mode, Findings(files))
    letters = result.dead_letters
    queue, bus = _make(
        mode,
        buffer_size,
        strategy,
        Pipeline.standard(dead_letters=letters, retry=RetryPolicy(ATTEMPTS, delay=_DELAY)),
    )
    bus.subscribe(Arrived, result.findings.on_journal, name="journal")
    bus.subscribe(Arrived, result.findings.on_count, name="counter")
    bus.subscribe(object, result.findings.on_index, name="indexer")
    bus.subscribe(Arrived, on_read, name="reader")
    # Tries again on the spot: no message, and not the end mark either, overtakes another on its way
    # to the bus.
    in_order = Pipeline.standard(dead_letters=letters, retry=RetryPolicy(ATTEMPTS, delay=0))
    consumer = PipelineConsumer(in_order, lambda message: forward(bus, message), name="forward")
    queue.add_consumer(consumer)
    with Interruption() as interruption:
        started = time.perf_counter()
        try:
            _send(queue, blocks, interruption, result, progress)
            _drain(interruption, result, progress)
            # In this order: what comes first calls what comes next. The bus waits for retries.
            queue.close()
            consumer.close()
            bus.close()
        except BaseException:
            queue.close(drain=False, timeout=_PATIENCE)
            consumer.close(_PATIENCE)
            bus.close(drain=False, timeout=_PATIENCE)
            raise
        result.seconds = time.perf_counter() - started
    result.interrupted = interruption.requested
    result.retried = sum(each.retried for each in bus.metrics().handlers.values())
    return result


def forward(bus: EventBus, message: TransportEnvelope) -> None:
    """The queue's consumer: publish an event that reports the message."""
    bus.publish_sync(event_of(message))


def _make(
    mode: QueueMode, buffer_size: int, strategy: WaitStrategyKind, pipeline: Pipeline
) -> tuple[InMemoryQueue, EventBus]:
    """A queue and a bus.

    The environment does not override the mode, as it would in `create_queue`: the demo compares
    both modes.
    """
    options = InMemoryQueueOptions(mode, buffer_size, wait_strategy=strategy)
    if mode is QueueMode.CHANNEL:
        return ChannelQueue(options), ChannelEventBus(buffer_size, pipeline=pipeline)
    return RingBufferQueue(options), RingBufferEventBus(
        buffer_size, wait_strategy=strategy, pipeline=pipeline
    )


def _send(
    queue: InMemoryQueue,
    blocks: Iterable[LineBlock],
    interruption: Interruption,
    result: Relayed,
    progress: ProgressLine,
) -> None:
    """The sender's loop, and the end mark after the last message."""
    send = queue.sender()
    lines = 0
    for block in interruption.until_requested(blocks):
        send(message_of(block))
        result.sent += 1
        lines += block.body.count(b"\n")
        progress.update(f"sending, {result.name}", lines)
    send(TransportEnvelope(END))


def _drain(interruption: Interruption, result: Relayed, progress: ProgressLine) -> None:
    """Wait until the indexer has received the end mark.

    Terminates because one consumer takes the messages in order, and no handler ends early.
    """
    while not result.findings.ended.wait(ProgressLine.INTERVAL):
        phase = (
            "interrupted, finishing (Ctrl-C aborts)"
            if interruption.requested
            else f"finishing, {result.name}"
        )
        progress.update(phase, sum(result.findings.counter.lines))
