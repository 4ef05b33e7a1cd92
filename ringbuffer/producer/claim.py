"""`Claim`: slots that a `with` block fills, published at its end; skipped if it raises."""

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Final, Self, overload

from ringbuffer.memory import SlotView
from ringbuffer.memory.ranges import StoreRange
from ringbuffer.sequencer import ProducerBarrier
from ringbuffer.sequencer.sequencer import give_up

#: What the slots of a claimed batch of values hold until they are filled.
UNFILLED: Final = object()


class Claim[E]:
    """A batch of claimed slots: `len(batch)`, `batch[i]`, and iteration over them. Owning thread, inside the block only.

    On a ring of events `batch[i]` is the event to fill. On a ring of values, assign `batch[i] = value`, or all at once
    `batch[:] = values`; each of them must be assigned.

    Args:
        barrier: the thread's own way to claim and publish.
        slots: the thread's own access to the slots.
        store: the thread's own way to store values; None if the slots hold events, which are filled in place.
        n: slots to claim.
        timeout: the longest wait for room, in seconds; None waits without a limit.
    """

    __slots__ = ("_barrier", "_batch", "_high", "_n", "_slots", "_store", "_timeout")

    def __init__(
        self, barrier: ProducerBarrier, slots: SlotView[E], store: StoreRange[E] | None, n: int, timeout: float | None
    ) -> None:
        self._barrier: Final = barrier
        self._slots: Final = slots
        self._store: Final = store
        self._n: Final = n
        self._timeout: Final = timeout
        self._batch: list[E] | None = None
        self._high = -1

    @property
    def sequences(self) -> range:
        """The sequences that are claimed, in the order of the slots; empty before the block has begun."""
        return range(self._high - self._n + 1, self._high + 1) if self._high >= 0 else range(0)

    def __enter__(self) -> Self:
        """Claim. The errors are those of `Next`; nothing is claimed then."""
        if self._high >= 0:
            raise RuntimeError("this claim was used already; ask for a new one")
        mask = len(self._slots) - 1
        self._high = self._barrier.next(self._n, self._timeout)
        if self._store is not None:
            self._batch = [UNFILLED] * self._n  # type: ignore[list-item]
        else:
            self._batch = [self._slots[sequence & mask] for sequence in self.sequences]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Publish; or mark as skipped, if the block raised.

        Raises:
            ValueError: a slot of a ring of values was not assigned, or (single producer) it is not the claim's turn to be
                published. The whole claim is skipped.
        """
        batch, self._batch = self._open(), None
        low, high = self._high - self._n + 1, self._high
        if kind is not None:
            self._barrier.skip(low, high)
            return
        unfilled = [index for index, value in enumerate(batch) if value is UNFILLED]
        if unfilled:
            self._barrier.skip(low, high)
            raise ValueError(
                f"slots {unfilled[:5]} of a claim of {self._n} were not assigned; none of its values was published. "
                f"Assign every slot, or claim fewer"
            )
        if self._store is not None:
            store_and_publish(self._barrier, self._store, low, batch, self._barrier.publish)
            return
        try:
            self._barrier.publish(low, high)
        except BaseException as error:
            give_up(self._barrier.skip, low, high, error)
            raise

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
            raise TypeError("this ring has pre-allocated events: fill batch[i] in place; only a ring of values is assigned to")
        if isinstance(index, int):
            batch[index] = value  # type: ignore[assignment]
            return
        values = list(value)  # type: ignore[arg-type]
        room = len(batch[index])
        if len(values) != room:
            raise ValueError(f"{len(values)} values for {room} slots; assign as many as there are slots")
        batch[index] = values

    def _open(self) -> list[E]:
        if self._batch is None:
            raise RuntimeError("this claim is not open: its slots are claimed from the beginning to the end of the with block")
        return self._batch


def store_and_publish[E](
    barrier: ProducerBarrier, store: StoreRange[E], low: int, values: list[E], publish: Callable[[int, int], None]
) -> None:
    """Fill the claimed slots from sequence `low` on and publish them; skip them if that is interrupted or refused.

    `publish` is the barrier's `publish`, or its `publish_claimed` where no other code has run since the claim.
    """
    high = low + len(values) - 1
    try:
        store(low, values)
        publish(low, high)
    except BaseException as error:
        give_up(barrier.skip, low, high, error)
        raise
