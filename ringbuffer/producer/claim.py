"""`Claim`: slots that a `with` block fills. Its end publishes them, or skips them if it raised."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Self, overload

from ringbuffer.checks import Duration
from ringbuffer.memory import SlotView
from ringbuffer.memory.ranges import StoreRange
from ringbuffer.one_process import OneProcess
from ringbuffer.producer.guarded_block import GuardedBlock
from ringbuffer.producer.ops import ProducerOps
from ringbuffer.records import Records
from ringbuffer.sequencer.sequencer import check_count

#: What the slots of a claimed batch of values hold until they are filled.
UNFILLED: Final = object()


class Claim[E](GuardedBlock, OneProcess):
    """A batch of claimed slots, to index and iterate. Owning thread, inside the block only.

    On a ring of events `batch[i]` is the event to fill. On a ring of values, assign `batch[i] =
    value`, or all at once `batch[:] = values`; each slot must be assigned.

    Args:
        ops: the thread's own operations.
        slots: the thread's own access to the slots.
        store: the thread's own way to store values; None if the slots hold events, which are filled
            in place.
        n: slots to claim.
        timeout: the longest wait for free capacity, in seconds; None waits without a limit.
        leave_open: `leave_open(low, high)` skips what a block has left claimed. Any thread may call
            it.

    An interrupt that ends the block skips the claim. If the claim is published already, the
    exception says so, see `GiveUp`.
    """

    __slots__ = (
        "_batch",
        "_high",
        "_leave_open",
        "_n",
        "_ops",
        "_slots",
        "_store",
        "_timeout",
    )

    def __init__(
        self,
        ops: ProducerOps,
        slots: SlotView[E],
        store: StoreRange[E] | None,
        n: int,
        timeout: Duration | None,
        leave_open: Callable[[int, int], None],
    ) -> None:
        self._batch: list[E] | None = None
        self._ops: Final = ops
        self._slots: Final = slots
        self._store: Final = store
        self._n = n
        self._timeout: Final = timeout
        self._leave_open: Final = leave_open
        self._high = -1
        self._guard = None

    @property
    def sequences(self) -> range:
        """The claimed sequences, in the order of the slots; empty before the block begins."""
        return range(self._high - self._n + 1, self._high + 1) if self._high >= 0 else range(0)

    def __enter__(self) -> Self:
        """Claim. Raises the errors of `Next`; nothing is claimed then."""
        if self._high >= 0:
            raise RuntimeError("this claim was used already; ask for a new one")
        self._n = check_count(self._n, len(self._slots))
        self._high = self._ops.next(self._n, self._timeout)
        try:
            self._batch = self._contents(self._high - self._n + 1, self._high)
            if self._guard is None:
                # Something other than a `with` statement enters it, such as an `ExitStack`.
                self._guard = weakref.finalize(
                    self, self._leave_open, self.sequences.start, self._high
                )
        except BaseException as error:
            self._batch = None
            self._ops.give_up(self._high - self._n + 1, self._high, error)
            raise
        return self

    def _left(self, guard: object) -> None:
        """Skip an open claim after the `with` statement: `_leave` did not run to its end."""
        self._guard = None
        if self._batch is not None:
            self._batch = None
            self._leave_open(self.sequences.start, self._high)

    def _leave(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Publish; or mark as skipped, if the block raised.

        Raises:
            ValueError: a slot of a ring of values was not assigned. Or (single producer) an earlier
                claim must be published first. The whole claim is skipped.
        """
        batch = self._open()
        low, high = self._high - self._n + 1, self._high
        try:
            if kind is not None:
                self._ops.skip(low, high)
            else:
                self._publish(batch, low, high)
        except BaseException as failure:
            try:
                self._ops.give_up(low, high, failure)
            except BaseException:  # an interrupt, after another failure
                self._ops.give_up(low, high, failure)
                self._close()
                raise
            self._close()
            raise
        self._close()

    def _close(self) -> None:
        self._batch = self._guard = None

    def _publish(self, batch: list[E], low: int, high: int) -> None:
        self._fill(batch, low)
        self._ops.publish(low, high)

    def _contents(self, low: int, high: int) -> list[E]:
        """What the block gets of the claimed slots."""
        if self._store is not None:
            return [UNFILLED] * self._n  # type: ignore[list-item]
        mask = len(self._slots) - 1
        indices = (sequence & mask for sequence in range(low, high + 1))
        return list(map(self._slots.__getitem__, indices))

    def _fill(self, batch: list[E], low: int) -> None:
        """Store what the block has assigned."""
        unfilled = [index for index, value in enumerate(batch) if value is UNFILLED]
        if unfilled:
            raise ValueError(
                f"slots {unfilled[:5]} of a claim of {self._n} were not assigned; none of its "
                f"values was published. Assign every slot, or claim fewer"
            )
        if self._store is not None:
            self._store(low, batch)

    @property
    def pieces(self) -> tuple[Records, ...]:
        """The claimed records of a ring of records, see `RecordClaim`.

        Raises:
            TypeError: the ring does not hold records.
        """
        raise TypeError(
            "only a claim of records has pieces: index this one, or build the ring with "
            "RingBuffer.of_records"
        )

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[E]:
        return iter(self._open())

    @overload
    def __getitem__(self, index: int) -> E: ...
    @overload
    def __getitem__(self, index: slice) -> list[E]: ...
    def __getitem__(self, index: int | slice) -> E | list[E]:
        return self._open()[index]

    @overload
    def __setitem__(self, index: int, value: E) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[E]) -> None: ...
    def __setitem__(self, index: int | slice, value: E | Iterable[E]) -> None:
        batch = self._open()
        if self._store is None:
            raise TypeError(
                "this ring has pre-allocated events: fill batch[i] in place; assign only to the "
                "slots of a ring of values"
            )
        if not isinstance(index, slice):
            batch[index] = value  # type: ignore[assignment]
            return
        values = list(value)  # type: ignore[arg-type]
        room = len(batch[index])
        if len(values) != room:
            raise ValueError(
                f"{len(values)} values for {room} slots; assign as many as there are slots"
            )
        batch[index] = values

    def _open(self) -> list[E]:
        if self._batch is None:
            raise RuntimeError(
                "this claim is not open: its slots are claimed from the beginning to the end of "
                "the with block"
            )
        return self._batch
