"""What the survivors do about consumers that have died, and how seats are made vacant."""

import logging
from typing import Final

from ringbuffer.host import Host
from ringbuffer.memory import CellView, Memory
from ringbuffer.sequence import Readable
from ringbuffer.sequence_group import SequenceGroup, SequenceGroupView
from ringbuffer.shared.kernel_locks import KernelLocks
from ringbuffer.shared.seats import BEYOND, KEPT, LEAVING, VACANT, Seat

logger: Final = logging.getLogger("ringbuffer")

#: How long a producer that is held up waits between two looks for dead consumers, in seconds.
LOOK_SECONDS: Final = 0.01


def make_vacant(seat: Seat) -> None:
    """Make a seat vacant. The caller has its lock. It may be called again.

    The state is stored first: a seat without a position is never found taken.
    """
    seat.state.store(LEAVING)
    seat.sequence.set(BEYOND)
    seat.state.store(VACANT)


def evict_dead(seats: tuple[Seat, ...], locks: KernelLocks, name: str | None = None) -> list[str]:
    """Make the seats of dead consumers vacant that need not be kept. Returns their names.

    The lock of a seat is taken meanwhile, so that no successor takes the seat. A living consumer
    has the lock, so its seat is never touched.

    Args:
        seats: of the ring.
        locks: the kernel's.
        name: of a seat that is made vacant even if it is to be kept.
    """
    evicted, owner = [], object()
    for seat in seats:
        state = seat.state.load()
        if state == VACANT or (state == KEPT and seat.name != name) or locks.is_held(seat.index):
            continue
        try:
            if not locks.try_take(seat.index, owner):
                continue
            state = seat.state.load()
            if state == VACANT or (state == KEPT and seat.name != name):
                continue
            position = seat.sequence.get()
            make_vacant(seat)
            evicted.append(seat.name)
            logger.warning(
                "the consumer in seat %r has died at position %d; its seat gates no more",
                seat.name,
                position,
            )
        finally:
            locks.release(seat.index, owner)
    return evicted


class SeatGroup(SequenceGroup):
    """The positions of all seats: what gates the producer. The members never change.

    A seat begins to gate when it gets a position, and the version is raised then: see `joining`.

    Args:
        seats: of the ring.
        locks: the kernel's.
        memory: what provides the version's cell.
        host: what provides the clock.
    """

    __slots__ = ("_host", "_locks", "_seats")

    def __init__(
        self, seats: tuple[Seat, ...], locks: KernelLocks, memory: Memory, host: Host
    ) -> None:
        super().__init__(*(seat.sequence for seat in seats), memory=memory, host=host)
        self._seats: Final = seats
        self._locks: Final = locks
        self._host: Final = host

    def raise_version(self) -> None:
        """Make a position that was stored before visible to every producer that looks later."""
        self._version.fetch_add(1)

    def view(self) -> "SeatGroupView":
        """The calling thread's own access."""
        return SeatGroupView(self, self._version.view(), self._seats, self._locks, self._host)


class SeatGroupView(SequenceGroupView):
    """One thread's access to the seats. Owning thread only.

    Where the minimum stays as it was, the slowest consumer may be dead. So the producer that asks
    for it looks for dead consumers then, at most once in 10 ms.
    """

    __slots__ = ("_host", "_last", "_locks", "_next_look", "_seats")

    def __init__(
        self,
        group: SeatGroup,
        version: CellView,
        seats: tuple[Seat, ...],
        locks: KernelLocks,
        host: Host,
    ) -> None:
        super().__init__(group, version)
        self._seats: Final = seats
        self._locks: Final = locks
        self._host: Final = host
        self._last = BEYOND
        self._next_look = 0.0

    def fenced_minimum(self, default: int | Readable) -> int:
        """See `SequenceGroupView.fenced_minimum`."""
        minimum = super().fenced_minimum(default)
        if minimum == self._last != BEYOND and self._host.monotonic() >= self._next_look:
            evict_dead(self._seats, self._locks)
            self._next_look = self._host.monotonic() + LOOK_SECONDS
            minimum = super().fenced_minimum(default)
        self._last = minimum
        return minimum
