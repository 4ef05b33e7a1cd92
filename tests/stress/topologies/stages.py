"""A stage at work: whatever consumes, with a ledger for each consumer."""

import asyncio
import random
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
    RewindBatch,
    RingBuffer,
    Sequence,
    WorkerPool,
)
from tests.stress.topologies.ledger import Ledger
from tests.stress.topologies.message import Message
from tests.stress.topologies.sending import Fault
from tests.stress.topologies.shape import StageShape
from tests.stress.watch import PATIENCE, PAUSE, Task, stuck, until


class Carrying:
    """An exception handler that carries on, and counts. Any error that was not injected goes on, and kills."""

    def __init__(self) -> None:
        self.count = 0

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        if not isinstance(error, Fault):
            raise error
        self.count += 1

    def handle_on_start_exception(self, error: Exception) -> None:
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        raise error


class Handling:
    """What the handlers share: they note what they see; now and then they ask for it again, release it early, or raise."""

    def __init__(self, shape: StageShape, ledger: Ledger, seed: int) -> None:
        self.ledger = ledger
        self.rewinds = 0
        self._shape, self._pick = shape, random.Random(seed)
        self._release: Callable[[int], None] = lambda sequence: None

    def on_rewind(self, sequence: int) -> None:
        self.rewinds += 1
        self.ledger.roll_back(sequence)

    def asks_again(self) -> None:
        if self._pick.randrange(100) < self._shape.rewinds:
            raise RewindBatch

    def fails(self) -> None:
        if self._pick.randrange(100) < self._shape.faults:
            raise Fault

    def has_enough(self) -> bool:
        return self._pick.randrange(20) == 0

    def note(self, event: Message, sequence: int) -> None:
        self.ledger.note(event, sequence)
        if self._shape.releases and self._pick.randrange(8) == 0:
            self._release(sequence)


class Eventwise(Handling):
    def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        if end_of_batch:
            self.asks_again()
        self.note(event, sequence)
        self.fails()


class ReleasingEventwise(Eventwise):
    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        self._release = release


class Batchwise(Handling):
    def on_batch(self, events: list[Message], first: int) -> None:
        self.asks_again()
        for sequence, event in enumerate(events, first):
            self.note(event, sequence)
        self.fails()


class ReleasingBatchwise(Batchwise):
    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        self._release = release


class Awaiting(Handling):
    async def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        if end_of_batch:
            self.asks_again()
            await asyncio.sleep(0)
        self.note(event, sequence)
        self.fails()


class Stage:
    """One stage of a topology; made, started, and closed by the thread that runs the round.

    Args:
        ring: what it consumes.
        shape: how.
        number: its own.
        dependents: the sequences of the stages before it.
        seed: decides when its handlers fail.

    Attributes:
        ledgers: of the consumers that share its events; one list more for each further one that sees them all.
        sequence: what later stages depend on.
        processors: what can be halted and started.
    """

    def __init__(self, ring: RingBuffer[Any], shape: StageShape, number: int, dependents: Items[Sequence], seed: int) -> None:
        self.shape = shape
        self.ledgers: list[list[Ledger]] = []
        self.processors: tuple[EventProcessor[Any], ...] = ()
        self.faults = Carrying()
        self.handlers: list[Handling] = []
        self._ring, self._number, self._seed = ring, number, seed
        self._task: Task | None = None
        self._loop: Callable[[], None] | None = None
        self._over = threading.Event()
        make = getattr(self, f"_make_{shape.kind}")
        self.sequence: Sequence = make(dependents)

    @property
    def name(self) -> str:
        return f"stage {self._number}, {self.shape.kind}"

    def start(self) -> None:
        for processor in self.processors:
            processor.start()
        if self._loop is not None:
            self._task = Task(self._ring.host, self._loop, self.name)

    def finish(self, last: int) -> None:
        """Wait until everything up to `last` is handled, the ring being closed; then end."""
        until(lambda: self.sequence.get() >= last or self._has_ended(), f"{self.name} has not come to {last}")
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

    # -- processors ---------------------------------------------------------------------------------------------

    def _handler(self, kind: Callable[..., Handling], joins: bool = False) -> Any:
        ledger = Ledger(self._number, self.shape.before)
        self.ledgers[-1].append(ledger) if joins and self.ledgers else self.ledgers.append([ledger])
        handler = kind(self.shape, ledger, self._seed + len(self.handlers))
        self.handlers.append(handler)
        return handler

    def _processor(self, dependents: Items[Sequence], handler: Any, kind: Any = BatchEventProcessor) -> Sequence:
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
        return self._processor(dependents, self._handler(ReleasingEventwise if self.shape.releases else Eventwise))

    def _make_batches(self, dependents: Items[Sequence]) -> Sequence:
        return self._processor(dependents, self._handler(ReleasingBatchwise if self.shape.releases else Batchwise))

    def _make_coroutine(self, dependents: Items[Sequence]) -> Sequence:
        return self._processor(dependents, self._handler(Awaiting), AsyncEventProcessor)

    def _make_aggregate(self, dependents: Items[Sequence]) -> Sequence:
        """The second does not get an event on which the first raised, so neither of them does."""
        calm = StageShape(**{**_fields(self.shape), "faults": 0, "rewinds": 0})
        self.shape = calm
        return self._processor(dependents, AggregateEventHandler(self._handler(Eventwise), self._handler(Eventwise)))

    def _make_pool(self, dependents: Items[Sequence]) -> Sequence:
        kind = ReleasingEventwise if self.shape.releases else Batchwise if self._number % 2 else Eventwise
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

    # -- readers ------------------------------------------------------------------------------------------------

    def _make_poller(self, dependents: Items[Sequence]) -> Sequence:
        """An event on which the handler raises comes again."""
        poller, handler = self._ring.poller(*dependents), self._handler(Handling)

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
        poller, handler = self._ring.poller(*dependents), self._handler(Handling)

        def loop() -> None:
            with poller:
                while not self._over.is_set():
                    before = poller.sequence.get()
                    for event in poller.take(self.shape.limit):
                        handler.ledger.note(event, len(handler.ledger.seen))  # it is not told the sequence
                        if handler.has_enough():
                            break
                    if poller.sequence.get() == before:
                        self._over.wait(PAUSE)

        self._loop = loop
        return poller.sequence

    def _make_stream(self, dependents: Items[Sequence]) -> Sequence:
        """Ends by itself when the ring is closed and everything was handed out."""
        stream, handler = self._ring.stream(*dependents, max_batch_size=self.shape.limit), self._handler(Handling)

        async def read() -> None:
            async with stream:
                async for batch in stream:
                    for sequence, event in enumerate(batch, stream.first_sequence):
                        handler.ledger.note(event, sequence)

        self._loop = lambda: asyncio.run(read())
        return stream.sequence


def _fields(shape: StageShape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in StageShape.__slots__}
