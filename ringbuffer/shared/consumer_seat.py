"""`ConsumerSeat`: a consumer of a ring between processes, in the thread of its caller."""

from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import Final, Self

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import check_at_least_one
from ringbuffer.errors import AlertError, ProducerDiedError
from ringbuffer.forks import Noted, made_here
from ringbuffer.memory import AtomicOperations
from ringbuffer.one_process import OneProcess
from ringbuffer.readers.record_reader import RecordReader
from ringbuffer.records import RecordBlock, Records
from ringbuffer.sequencer.left_behind import end_when_lost
from ringbuffer.shared.joining import SeatTable
from ringbuffer.shared.lookout import LookoutMemory
from ringbuffer.shared.seats import OnDeath
from ringbuffer.shared.shared_sequencer import SharedSequencer


class ConsumerSeat(OneProcess, Noted):
    """A consumer's place in a shared ring. One thread at a time.

    `SharedRing.seat` makes it. It gates the producer until it is left. If nothing refers to it any
    more, it is treated as at the death of its process: see `OnDeath`.

        with ring.seat("vwap") as seat:
            for records, first in seat.batches():
                total += float(records["price"].sum())

    At the end of the `with` block the seat is left. If an exception ends the block, a seat with
    `OnDeath.KEEP` is kept instead, as at a death: a successor goes on where it stopped.

    Attributes:
        name: of the seat.
        was_handed_over: whether a former consumer had it, so that it began where that one stopped.
    """

    __slots__ = (
        "_barrier",
        "_block",
        "_is_consuming",
        "_is_left",
        "_left_behind",
        "_policy",
        "_seat",
        "_sequencer",
        "_table",
        "_token",
        "name",
        "was_handed_over",
    )

    def __init__(
        self,
        name: str,
        policy: OnDeath,
        table: SeatTable,
        sequencer: SharedSequencer,
        block: RecordBlock,
        operations: AtomicOperations,
    ) -> None:
        self.name: Final = name
        self._policy: Final = policy
        self._table: Final = table
        self._sequencer: Final = sequencer
        self._block: Final = block
        self._is_left = False
        self._is_consuming = False
        lookout = LookoutMemory(operations, sequencer.state.host, sequencer.wants_look)
        self._barrier: Final = SequenceBarrier(sequencer, sequencer.wait_strategy, memory=lookout)
        token = object()
        self._token: Final = token
        # From here on it gates the producer
        try:
            self._seat, self.was_handed_over = table.take(name, policy, token)
            end = partial(table.hand_over, token)
            self._left_behind: Final = end_when_lost(self, sequencer.state, end, "ring seat ends")
            table.settle(token)
            made_here(self)
        except BaseException:  # no seat is vacant; or an interrupt: no caller gets the object
            table.give_back(token)
            raise

    def _after_fork(self, made_in: int) -> None:
        """In a child: the seat is the parent's, so its collection must not end anything."""
        self._left_behind.detach()

    @property
    def position(self) -> int:
        """The last sequence that it has finished. Any thread.

        Raises:
            RuntimeError: the seat was left.
        """
        self._check()
        return self._seat.sequence.get()

    @property
    def lag(self) -> int:
        """How many published sequences it has yet to finish. Any thread."""
        return max(0, self._sequencer.cursor - self.position)

    def batches(
        self, limit: int | None = None, *, outlives_producer: bool = True
    ) -> Generator[tuple[Records, int]]:
        """Iterate over what is published: the records, and the sequence of the first of them.

        It waits for records by the ring's wait strategy. It ends when the ring is closed and every
        record was handed out. A batch is a read-only view of the slots, valid until the loop asks
        for the next one: only then it is finished. So if the loop is left, or the process dies, the
        batch is handed out again, to a successor.

        Args:
            limit: the most records in a batch; None sets no limit.
            outlives_producer: whether it waits for another producer if the last one has died.

        Raises:
            ProducerDiedError: the producer has died, and every record was handed out.
            RuntimeError: the seat was left, or another loop consumes from it.
        """
        limit = check_at_least_one("limit", limit)
        self._check()
        if self._is_consuming:
            raise RuntimeError("another loop consumes from this seat already; end that one first")
        self._is_consuming = True
        state = self._sequencer.state
        thread = state.enter_consumer(self._seat.sequence)
        try:
            yield from self._batches(limit, outlives_producer)
        finally:
            self._is_consuming = False
            state.leave_consumer(thread, self._seat.sequence)

    def _batches(
        self, limit: int | None, outlives_producer: bool
    ) -> Generator[tuple[Records, int]]:
        records = self._block.records(writable=False)
        reader = RecordReader(records, self._sequencer.state.skipped.view())
        own = self._seat.sequence.view().word
        wait_for = self._barrier.view().wait_for
        mask, most = self._block.size - 1, limit or self._block.size
        # Terminates because the ring is closed, or the producer dies, or the caller leaves it.
        while True:
            next_sequence = own[0] + 1
            try:
                available = wait_for(next_sequence)
            except AlertError:
                self._barrier.clear_alert()
                if self._sequencer.is_at_end(next_sequence - 1):
                    return
                if not outlives_producer and self._is_orphan(next_sequence):
                    raise self._death() from None
                continue
            if available >= next_sequence:
                last = min(available, next_sequence + most - 1)
                for low, high in reader.shown(next_sequence, last):
                    yield records[low & mask : (high & mask) + 1], low
                    own[0] = high  # release: the slots have been read before
                own[0] = last
            available = 0  # see `ringbuffer.system`: a statement after the test

    def consume(
        self,
        on_batch: Callable[[Records, int], object],
        limit: int | None = None,
        *,
        outlives_producer: bool = True,
    ) -> None:
        """Call `on_batch(records, first)` for each batch, until the ring has ended.

        If it raises, the batch is not finished: the next call, or a successor, gets it again. The
        arguments and the errors are those of `batches`.
        """
        batches = self.batches(limit, outlives_producer=outlives_producer)
        try:
            for records, first in batches:
                on_batch(records, first)
        finally:
            batches.close()

    def leave(self) -> None:
        """Give the seat up: it gates the producer no more. Does nothing if it was left before.

        Raises:
            RuntimeError: a loop of another thread consumes from it.
        """
        self._end(keeps=False)

    def hand_over(self) -> None:
        """Leave the seat to a successor, as a consumer that dies: see `OnDeath`.

        Raises:
            RuntimeError: a loop of another thread consumes from it.
        """
        self._end(keeps=True)

    def _end(self, keeps: bool) -> None:
        if self._is_left:
            return
        if self._is_consuming:
            raise RuntimeError(f"a loop consumes from seat {self.name!r}: leave that loop first")
        if keeps:
            self._table.hand_over(self._token)
        else:
            self._table.leave(self._seat, self._token)
        self._is_left = True
        self._left_behind.detach()

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A generator that was left in the middle ends when it is collected, perhaps later
        self._is_consuming = False
        self._end(keeps=kind is not None)

    def _check(self) -> None:
        if self._is_left:
            raise RuntimeError(f"seat {self.name!r} was left; take it again with ring.seat")

    def _is_orphan(self, next_sequence: int) -> bool:
        """Whether a producer has died, and nothing is left to read. The order of loads matters."""
        sequencer = self._sequencer
        return (
            not sequencer.is_produced()
            and sequencer.producing_process != 0
            and sequencer.cursor < next_sequence
        )

    def _death(self) -> ProducerDiedError:
        return ProducerDiedError(
            f"process {self._sequencer.producing_process} produced into this ring and has ended "
            f"without closing it; every record that it published was handed out"
        )

    def __repr__(self) -> str:
        where = "left" if self._is_left else f"position={self.position}"
        return f"ConsumerSeat({self.name!r}, {where})"
