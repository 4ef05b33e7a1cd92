"""A stage at work: whatever consumes, with a ledger for each consumer."""

import asyncio
import threading
from collections.abc import Callable
from collections.abc import Sequence as Items
from typing import Any

from ringbuffer import (
    AggregateEventHandler,
    AsyncEventProcessor,
    BatchEventProcessor,
    EventProcessor,
    PollState,
    RingBuffer,
    Sequence,
    WorkerPool,
)
from ringbuffer.programs.stress.handling import (
    Awaiting,
    Batchwise,
    Carrying,
    CheckingHandler,
    Eventwise,
    ReleasingBatchwise,
    ReleasingEventwise,
)
from ringbuffer.programs.stress.ledger import Ledger
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.sending import Fault
from ringbuffer.programs.stress.shape import StageShape
from ringbuffer.programs.stress.watch import PATIENCE, PAUSE, WatchedThread, stuck, until


class StressStage:
    """One stage of a topology; made, started, and closed by the thread that runs the round.

    Args:
        ring: what it consumes.
        shape: how.
        number: its own.
        dependents: the sequences of the stages before it.
        seed: decides when its handlers fail.

    Attributes:
        ledgers: of the consumers that share its events; one list more for each further one that
        sees them all.
        sequence: what later stages depend on.
        processors: what can be halted and started.
    """

    def __init__(
        self,
        ring: RingBuffer[Any],
        shape: StageShape,
        number: int,
        dependents: Items[Sequence],
        seed: int,
    ) -> None:
        self.shape = shape
        self.ledgers: list[list[Ledger]] = []
        self.processors: tuple[EventProcessor[Any], ...] = ()
        self.faults = Carrying()
        self.handlers: list[CheckingHandler] = []
        self._ring, self._number, self._seed = ring, number, seed
        self._task: WatchedThread | None = None
        self._loop: Callable[[], None] | None = None
        self._over = threading.Event()
        make = getattr(self, f"_make_{shape.kind}")
        self.sequence: Sequence = make(dependents)

    @property
    def name(self) -> str:
        """For messages and threads."""
        return f"stage {self._number}, {self.shape.kind}"

    def start(self) -> None:
        """Start whatever consumes."""
        for processor in self.processors:
            processor.start()
        if self._loop is not None:
            self._task = WatchedThread(self._ring.host, self._loop, self.name)

    def finish(self, last: int) -> None:
        """Wait until everything up to `last` is handled, the ring being closed; then end."""
        until(
            lambda: self.sequence.get() >= last or self._has_ended(),
            f"{self.name} has not come to {last}",
        )
        self._over.set()
        for processor in self.processors:
            if not processor.close(PATIENCE):
                raise stuck(f"{processor!r} does not halt")
            if processor.failure is not None:
                raise processor.failure
        if self._task is not None:
            self._task.join()

    def _has_ended(self) -> bool:
        return self._task is not None and not self._task.is_alive

    # -- processors

    def _handler(self, kind: Callable[..., CheckingHandler], joins: bool = False) -> Any:
        ledger = Ledger(self._number, self.shape.before)
        self.ledgers[-1].append(ledger) if joins and self.ledgers else self.ledgers.append([ledger])
        handler = kind(self.shape, ledger, self._seed + len(self.handlers))
        self.handlers.append(handler)
        return handler

    def _processor(
        self, dependents: Items[Sequence], handler: Any, kind: Any = BatchEventProcessor
    ) -> Sequence:
        processor = kind(
            self._ring,
            self._ring.new_barrier(*dependents),
            handler,
            exception_handler=self.faults,
            max_batch_size=self.shape.limit,
            name=self.name,
        )
        self.processors = (processor,)
        return self.processors[0].sequence

    def _make_events(self, dependents: Items[Sequence]) -> Sequence:
        return self._processor(
            dependents, self._handler(ReleasingEventwise if self.shape.releases else Eventwise)
        )

    def _make_batches(self, dependents: Items[Sequence]) -> Sequence:
        return self._processor(
            dependents, self._handler(ReleasingBatchwise if self.shape.releases else Batchwise)
        )

    def _make_coroutine(self, dependents: Items[Sequence]) -> Sequence:
        return self._processor(dependents, self._handler(Awaiting), AsyncEventProcessor)

    def _make_aggregate(self, dependents: Items[Sequence]) -> Sequence:
        """The second does not get an event on which the first raised, so neither of them does."""
        calm = StageShape(**{**_fields(self.shape), "faults": 0, "rewinds": 0})
        self.shape = calm
        return self._processor(
            dependents, AggregateEventHandler(self._handler(Eventwise), self._handler(Eventwise))
        )

    def _make_pool(self, dependents: Items[Sequence]) -> Sequence:
        kind = (
            ReleasingEventwise
            if self.shape.releases
            else Batchwise
            if self._number % 2
            else Eventwise
        )
        handlers = [self._handler(kind, joins=True) for _ in range(self.shape.consumers)]
        pool = WorkerPool(
            self._ring,
            handlers,
            dependents=dependents,
            exception_handler=self.faults,
            max_chunk=self.shape.limit or 64,
            name=self.name,
        )
        self.processors = pool.workers
        return pool.sequence

    # -- readers

    def _make_poller(self, dependents: Items[Sequence]) -> Sequence:
        """An event on which the handler raises comes again."""
        poller, handler = self._ring.poller(*dependents), self._handler(CheckingHandler)

        def handle(event: Message, sequence: int, end_of_batch: bool) -> bool:
            handler.fails()
            handler.ledger.note(event, sequence)
            return not handler.has_enough()

        def loop() -> None:
            with poller:
                while not self._over.is_set():
                    try:
                        found = poller.poll(handle, self.shape.limit)
                    except Fault:
                        self.faults.count += 1
                        continue
                    if found is not PollState.PROCESSING:
                        self._over.wait(PAUSE)

        self._loop = loop
        return poller.sequence

    def _make_taker(self, dependents: Items[Sequence]) -> Sequence:
        poller, handler = self._ring.poller(*dependents), self._handler(CheckingHandler)

        def loop() -> None:
            with poller:
                while not self._over.is_set():
                    before = poller.sequence.get()
                    for event in poller.take(self.shape.limit):
                        # It is not told the sequence
                        handler.ledger.note(event, len(handler.ledger.seen))
                        if handler.has_enough():
                            break
                    if poller.sequence.get() == before:
                        self._over.wait(PAUSE)

        self._loop = loop
        return poller.sequence

    def _make_stream(self, dependents: Items[Sequence]) -> Sequence:
        """Ends by itself when the ring is closed and everything was handed out."""
        stream, handler = (
            self._ring.stream(*dependents, max_batch_size=self.shape.limit),
            self._handler(CheckingHandler),
        )

        async def read() -> None:
            async with stream:
                async for batch in stream:
                    for sequence, event in enumerate(batch, stream.first_sequence):
                        handler.ledger.note(event, sequence)

        self._loop = lambda: asyncio.run(read())
        return stream.sequence


def _fields(shape: StageShape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in StageShape.__slots__}
