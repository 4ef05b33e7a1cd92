"""Records of 32 bytes in arrays, beside tuples, in processor time.

    P ==> [ ring of records ] ==> C

The producer fills a ring, an array of 256 or of 4,096 records at a time. Then a processor takes
them in batches of as many. One thread does both in turns, so no thread waits, and what is counted
is its processor time. The consumer compares each record's number with what it must be, and computes
a volume-weighted average price, the sum of the amounts, and the number of sales. For tuples, in a
ring of values, a loop does the same. A `SimpleQueue` passes on a copy of each array.

The last contender has a handler that does nothing: what it costs to hand a batch over, without the
wait for it.
"""

import functools
import queue
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, YieldingWaitStrategy
from ringbuffer.processors.record_batches import record_batches
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.verify import LostEventsError
from ringbuffer.readers import RecordReader

DTYPE: Final = np.dtype(
    [("id", "i8"), ("price", "f8"), ("amount", "f8"), ("side", "i4"), ("source", "i4")]
)
#: Slots in the ring, and records in a round.
SIZE: Final = 16_384
BATCHES: Final = (256, 4_096)
#: Batches that are handed over at once.
TURNS: Final = 1_000
type Totals = tuple[float, float, int]


def payload() -> "np.ndarray[Any, Any]":
    """The records of a round."""
    records = np.zeros(SIZE, DTYPE)
    records["id"] = np.arange(SIZE)
    records["price"] = 100 + np.arange(SIZE) % 64 / 4
    records["amount"] = np.arange(SIZE) % 97
    records["side"] = np.arange(SIZE) & 1
    return records


def expected(records: "np.ndarray[Any, Any]") -> Totals:
    """What a consumer must have computed after a round."""
    value = float((records["price"] * records["amount"]).sum())
    return value, float(records["amount"].sum()), int(records["side"].sum())


class Taking:
    """A handler, what it has computed, and the processor time from its first batch to its last.

    The time that a processor takes to start for a round is left out, for all contenders alike.
    """

    def __init__(self) -> None:
        self.halt: Callable[[], object] = lambda: None
        self.totals: Totals = (0.0, 0.0, 0)
        self.used = 0

    def on_batch(self, batch: Any, first: int) -> None:
        """Compute; and halt the processor after the last event of a round."""
        at = first & (SIZE - 1)
        if at == 0:
            self.used -= time.thread_time_ns()
        self.take(batch)
        if at + len(batch) == SIZE:
            self.used += time.thread_time_ns()
            self.halt()

    def take(self, batch: Any) -> None:
        """Verify and compute."""
        raise NotImplementedError


class TakingRecords(Taking):
    """It works on columns."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: Final = np.arange(SIZE)

    def take(self, batch: Any) -> None:
        """Verify and compute, by numpy."""
        ids, amounts = batch["id"], batch["amount"]
        start = int(ids[0])
        if not np.array_equal(ids, self._ids[start : start + len(batch)]):
            raise LostEventsError(f"records {start} to {start + len(batch)} are not in order")
        value, amount, sales = self.totals
        self.totals = (
            value + float(np.dot(batch["price"], amounts)),
            amount + float(amounts.sum()),
            sales + int(np.count_nonzero(batch["side"])),
        )


class TakingTuples(Taking):
    """It works in a loop."""

    def take(self, batch: list[Any]) -> None:
        """Verify and compute, one by one."""
        due = batch[0][0]
        value, amount, sales = self.totals
        for number, price, each, side, _source in batch:
            if number != due:
                raise LostEventsError(f"tuple {due} is not there")
            due += 1
            value += price * each
            amount += each
            sales += side
        self.totals = (value, amount, sales)


def rounds_of(count: int) -> int:
    """How often a ring is filled for `count` events."""
    return max(1, count // SIZE)


def check(handler: Taking, rounds: int, totals: Totals) -> None:
    """Raise unless each round was computed right."""
    if not np.allclose(handler.totals, [rounds * each for each in totals], rtol=1e-12):
        raise LostEventsError(f"{handler.totals} after {rounds} rounds of {totals}")


def through_a_ring(count: int, batch: int, of_records: bool) -> Measurement:
    """Rounds through a ring: of records, or of tuples."""
    records = payload()
    totals = expected(records)
    rounds = rounds_of(count)
    if of_records:
        ring: RingBuffer[Any] = RingBuffer.of_records(
            SIZE, DTYPE, ProducerType.SINGLE, YieldingWaitStrategy()
        )
        handler: Taking = TakingRecords()
        publish: Any = ring.producer().publish_records
        items: Any = records
    else:
        ring = RingBuffer.of_values(SIZE, ProducerType.SINGLE, YieldingWaitStrategy())
        handler = TakingTuples()
        publish = ring.producer().publish_values
        items = records.tolist()
    chunks = [items[at : at + batch] for at in range(0, SIZE, batch)]
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, max_batch_size=batch)
    handler.halt = processor.halt
    used = 0
    for _ in range(rounds):
        begin = time.thread_time_ns()
        for chunk in chunks:
            publish(chunk, None, batch)
        used += time.thread_time_ns() - begin
        processor.run()
    check(handler, rounds, totals)
    return Measurement({"cpu": (used + handler.used) / rounds / SIZE / 1e3})


def through_a_queue(count: int, batch: int) -> Measurement:
    """Rounds through a queue of arrays, each of them a copy."""
    records = payload()
    totals = expected(records)
    rounds = rounds_of(count)
    void = np.dtype(f"V{DTYPE.itemsize}")
    chunks = [records[at : at + batch].view(void) for at in range(0, SIZE, batch)]
    arrays: queue.SimpleQueue[Any] = queue.SimpleQueue()
    handler = TakingRecords()
    begin = time.thread_time_ns()
    for _ in range(rounds):
        for chunk in chunks:
            arrays.put(chunk.copy().view(DTYPE))
        for _ in chunks:
            handler.take(arrays.get())
    used = time.thread_time_ns() - begin
    check(handler, rounds, totals)
    return Measurement({"cpu": used / rounds / SIZE / 1e3})


class NoFailures:
    """Stands for the failure policy of a processor."""

    def resolve_batch(self, error: BaseException, *arguments: object) -> None:
        """No handler fails here."""
        raise error

    def advance(self, sequence: int) -> None:
        """No processor advances."""


def empty_batches(count: int, batch: int) -> Measurement:
    """What gives a batch to a handler that does nothing: the fastest thousand batches."""
    ring: RingBuffer[Any] = RingBuffer.of_records(SIZE, DTYPE, ProducerType.SINGLE)
    policy: Any = NoFailures()
    reader = ring.reader()
    assert isinstance(reader, RecordReader)
    handle = record_batches(lambda records, first: None, reader, policy)
    ring.producer().publish_records(payload(), None, SIZE)
    best = float("inf")
    for _ in range(max(1, count // SIZE)):
        begin = time.thread_time_ns()
        for first in range(TURNS):
            handle(first, first + batch - 1)
        best = min(best, (time.thread_time_ns() - begin) / TURNS)
    return Measurement({"cpu": best / batch / 1e3, "ns": best})


def scenario() -> Scenario:
    """Each size of a batch, with each contender."""
    contenders: list[Contender] = []
    for batch in BATCHES:
        ring = functools.partial(through_a_ring, batch=batch)
        contenders += [
            Contender(f"ring of records, {batch}", functools.partial(ring, of_records=True)),
            Contender(f"ring of tuples, {batch}", functools.partial(ring, of_records=False)),
            Contender(
                f"queue.SimpleQueue of arrays, {batch}",
                functools.partial(through_a_queue, batch=batch),
                Role.PEER,
            ),
        ]
    empty = functools.partial(empty_batches, batch=BATCHES[0])
    contenders.append(Contender("a batch of records, to a handler that does nothing", empty))
    return Scenario("records", __doc__, "cpu", tuple(contenders))
