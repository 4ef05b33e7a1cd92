"""One run of a shape: real threads, as fast as they go, on a ring over `TracedMemory`."""

import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import (
    BatchEventProcessor,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
    WorkerPool,
)
from ringbuffer.errors import InsufficientCapacityError
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import ProcessMemory, WordKind
from ringbuffer.processors.work import Worker
from ringbuffer.producer import producer_ops
from tests.support.threads import PATIENCE, Background
from tests.traces.memory import Event, Noted, Place, TracedMemory
from tests.traces.shapes import CLOSER, POOLS, STRATEGIES, WORKERS, Shape

#: How often a consumer is halted and started again in a run that has that.
RESTARTS: Final = 3

#: At which of those milestones a ring is closed that is closed on the way.
CLOSED_AT: Final = 1


@dataclass(frozen=True)
class Run:
    """What was noted.

    Attributes:
        shape: of the run.
        logs: for each thread of the model, the logs of the threads that were it, one after the
            other: a consumer that is started again goes on in another thread.
    """

    shape: Shape
    logs: dict[str, list[list[Noted]]]


def trace(shape: Shape) -> Run:
    """Run it.

    Raises:
        AssertionError: it did not end, or a handler got what it should not have got.
    """
    # The collector stops all threads to look at the logs, again and again; nothing in them is a
    # cycle.
    gc.disable()
    try:
        return _Traced(shape).run()
    finally:
        gc.enable()


def place_of(sequence: Sequence) -> Place:
    """Where a sequence is."""
    cell: Any = sequence._cell
    place: Place = cell.place
    return place


class _Traced:
    def __init__(self, shape: Shape) -> None:
        self.shape: Final = shape
        self.memory: Final = TracedMemory(
            ProcessMemory(words=None if shape.words is None else WordKind[shape.words])
        )
        kind = ProducerType.MULTI if shape.multi else ProducerType.SINGLE
        self.ring: Final[RingBuffer[Any]] = RingBuffer(
            shape.size, Event, kind, STRATEGIES[shape.strategy](), memory=self.memory
        )
        self.milestones: Final = [threading.Event() for _ in range(RESTARTS)]
        self.finished: Final[list[threading.Event]] = []
        self.refused: Final[list[str]] = []
        self.processors: Final[dict[str, BatchEventProcessor[Any] | Worker[Any]]] = {}
        places = self.pool() if shape.is_pool else self.graph()
        sequencer: Any = self.ring.sequencer
        slots: Any = self.ring.slots
        places["cursor"] = sequencer._cursor._cell.place
        places |= {f"slot {index}": slots.places[index] for index in range(shape.size)}
        for name, place in places.items():
            place.name = name

    def graph(self) -> dict[str, Place]:
        """A processor for each consumer. Places get the names that the models have for them."""
        sequencer: Any = self.ring.sequencer
        places: dict[str, Place] = {"limit": sequencer.state.limit.place}
        for name, after in self.shape.dependencies.items():
            barrier = self.ring.new_barrier(
                *(self.processors[each].sequence for each in sorted(after))
            )
            processor = BatchEventProcessor(self.ring, barrier, self.handler(), name=name)
            self.processors[name] = processor
            places[f"sequence {name}"] = place_of(processor.sequence)
        if self.shape.multi:
            places |= {
                f"flag {index}": sequencer._flags.places[index] for index in range(self.shape.size)
            }
        return places

    def pool(self) -> dict[str, Place]:
        """Two workers; what WorkPool has, by the names that it has for it."""
        pool: WorkerPool[Any] = WorkerPool(
            self.ring, max_chunk=POOLS[self.shape.graph], name="pool"
        )
        share: Any = pool._share
        places = {"work": place_of(share.work), "done": place_of(share.done)}
        handle = self.handler()
        for name in WORKERS:
            worker = pool.add(handle, name=name)
            self.processors[name] = worker
            barrier: Any = worker.barrier
            places |= {
                f"busy {name}": place_of(worker.sequence),
                f"alert {name}": barrier._alerted.place,
            }
        return places

    def handler(self) -> Callable[[Any, int, bool], None]:
        """Reads each event, and says how far it has come."""
        events, milestones, finished = self.shape.events, self.milestones, threading.Event()
        is_first = not self.finished
        self.finished.append(finished)
        at = (
            {events * number // (RESTARTS + 1): number - 1 for number in range(1, RESTARTS + 1)}
            if is_first
            else {}
        )

        def handle(event: Any, sequence: int, end_of_batch: bool) -> None:
            number = event.read()
            assert number == sequence, f"event {sequence} was written as {number}"
            if sequence in at:
                milestones[at[sequence]].set()
                if at[sequence] == CLOSED_AT and self.shape.halts == "stop":
                    # Until then it gates the ring, so the producers cannot claim every event.
                    assert self.ring.sequencer.state.was_closed.wait(PATIENCE), "it was not closed"
            if sequence == events - 1:
                finished.set()

        return handle

    def produce(self, batches: tuple[int, ...]) -> None:
        ops, slots, log = (
            producer_ops(self.ring.sequencer),
            self.ring.slots.view(),
            self.memory.log(),
        )
        mask = self.shape.size - 1
        try:
            for n in batches:
                log.append(("claim", None, n))
                high = self.claim_without_waiting(ops, n) if self.shape.tries else ops.next(n)
                for sequence in range(high - n + 1, high + 1):
                    slots[sequence & mask].write(sequence)
                ops.publish(high - n + 1, high)
        except RingBufferClosedError:
            assert self.shape.halts == "stop"
            self.refused.append(threading.current_thread().name)

    def claim_without_waiting(self, barrier: Any, n: int) -> int:
        while True:
            try:
                high: int = barrier.try_next(n)
            except InsufficientCapacityError:
                SYSTEM_HOST.yield_now()
            else:
                return high

    def run(self) -> Run:
        for processor in self.processors.values():
            processor.start()
        producers = [
            Background(lambda batches=batches: self.produce(batches), name)  # type: ignore[misc]
            for name, batches in zip(self.shape.producers, self.shape.batches, strict=True)
        ]
        for producer in producers:
            producer.start()
        if self.shape.halts == "restart":
            self.restart()
        if self.shape.halts == "stop":
            self.stop()
        else:
            for each in self.finished:
                assert each.wait(PATIENCE), f"not every event was handled: {self.processors}"
        for producer in producers:
            producer.join()
        assert bool(self.refused) == (self.shape.halts == "stop"), f"refused: {self.refused}"
        for processor in self.processors.values():
            assert processor.close(PATIENCE), f"{processor} did not end"
            assert processor.failure is None, processor.failure
        threads = [*self.shape.producers, *self.processors, *self.shape.closers]
        return Run(
            self.shape,
            {name: [log for whose, log in self.memory.logs if whose == name] for name in threads},
        )

    def restart(self) -> None:
        """Halt the consumers in turn, while all others run on, and start them again."""
        for number, milestone in enumerate(self.milestones):
            assert milestone.wait(PATIENCE), "the first consumer did not come so far"
            processor = list(self.processors.values())[number % len(self.processors)]
            assert processor.close(PATIENCE), f"{processor} did not end"
            processor.start()

    def stop(self) -> None:
        """Halt everybody on the way, while the producers still claim; they find the ring closed."""
        assert self.milestones[CLOSED_AT].wait(PATIENCE), "the first consumer did not come so far"
        for processor in self.processors.values():
            processor.halt()
        # In a thread of its own, whose log holds nothing but the end of the ring.
        Background(self.ring.close, CLOSER).start().join()
