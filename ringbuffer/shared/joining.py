"""`SeatTable`: how a consumer takes a seat, and leaves it."""

import os
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.errors import SeatTakenError, SharedRingError
from ringbuffer.host import Host
from ringbuffer.sequence import Readable
from ringbuffer.shared.eviction import SeatGroup, evict_dead, make_vacant
from ringbuffer.shared.kernel_locks import TABLE, KernelLocks
from ringbuffer.shared.seats import JOINING, TAKEN, OnDeath, Seat, state_of

#: The longest wait for another process that is choosing a seat, in seconds.
LONGEST_CHOICE: Final = 10.0


class SeatTable:
    """The seats of one ring, as one process uses them. Any thread.

    Args:
        seats: of the ring.
        group: their positions.
        cursor: what is published.
        locks: the kernel's.
        host: what provides locks and time.
    """

    __slots__ = ("_cursor", "_group", "_host", "_joining", "_never", "locks", "seats")

    def __init__(
        self,
        seats: tuple[Seat, ...],
        group: SeatGroup,
        cursor: Readable,
        locks: KernelLocks,
        host: Host,
    ) -> None:
        self.seats: Final = seats
        self.locks: Final = locks
        self._group: Final = group
        self._cursor: Final = cursor
        self._host: Final = host
        self._never: Final = host.event()
        #: The seats that were vacant, and whose `take` has not returned.
        self._joining: Final[dict[object, Seat]] = {}

    def take(self, name: str, policy: OnDeath, owner: object) -> tuple[Seat, bool]:
        """Take the seat of that name, or else a vacant one.

        Args:
            name: of the seat.
            policy: what happens to it if this process dies.
            owner: what takes it. If the call raises, `give_back(owner)` must follow.

        Returns:
            The seat, and whether it is handed over: it was taken, and its consumer is gone.

        Raises:
            SeatTakenError: a living process has the seat of that name.
            SharedRingError: no seat is vacant.
        """
        backoff = Backoff(self._host, self._never, LONGEST_CHOICE)
        try:
            # Terminates because the other process chooses, or dies, or the deadline passes.
            while True:
                if self.locks.try_take(TABLE, owner):
                    break
                if not backoff.pause():
                    raise SharedRingError(
                        f"another process has been choosing a seat for {LONGEST_CHOICE} s; is it "
                        f"suspended? Nothing was changed"
                    )
            handed_over = self._handed_over(name, policy, owner)
            return handed_over or (self._joined(name, policy, owner), False)
        finally:
            self.locks.release(TABLE, owner)

    def _handed_over(self, name: str, policy: OnDeath, owner: object) -> tuple[Seat, bool] | None:
        """The seat of that name, where its consumer stopped; None if no seat has that name."""
        for seat in self.seats:
            if seat.state.load() not in TAKEN or seat.name != name:
                continue
            if not self.locks.try_take(seat.index, owner):
                if seat.state.load() not in TAKEN:  # another process evicts it at this moment
                    continue
                raise SeatTakenError(
                    f"process {seat.process} has the seat {name!r} and is alive; choose another "
                    f"name, or end that consumer first"
                )
            if seat.state.load() in TAKEN:
                seat.write_label(name, os.getpid())
                seat.state.store(state_of(policy))
                return seat, True
            self.locks.release(seat.index, owner)
        return None

    def _joined(self, name: str, policy: OnDeath, owner: object) -> Seat:
        """A vacant seat, from the end of what is published on.

        Where a process died while it joined or left, the seat is as good as vacant.

        The order is that of `SequenceGroup.add_at`. The position is stored, and the version raised,
        which is a fence. Then the position is stored again, at what is published by then. A
        producer that has not seen the first position has let itself go no further than a ring
        beyond the second.
        """
        for seat in self.seats:
            if seat.state.load() in TAKEN or not self.locks.try_take(seat.index, owner):
                continue
            if seat.state.load() not in TAKEN:
                self._joining[owner] = seat
                seat.state.store(JOINING)
                seat.write_label(name, os.getpid())
                seat.sequence.set(self._cursor.get())
                self._group.raise_version()
                seat.sequence.set(self._cursor.get())
                seat.state.store(state_of(policy))
                return seat
            self.locks.release(seat.index, owner)
        names = ", ".join(repr(seat.name) for seat in self.seats if seat.state.load() in TAKEN)
        raise SharedRingError(
            f"all {len(self.seats)} seats of the ring are taken, by {names}: create it with more "
            f"seats, or evict a dead consumer with ring.evict(name)"
        )

    def settle(self, owner: object) -> None:
        """Note that `owner` has its seat from now on: the call of `take` has returned."""
        self._joining.pop(owner, None)

    def give_back(self, owner: object) -> None:
        """Undo a call of `take` that was interrupted. It may be called again.

        A seat that was vacant is vacant again. One that was handed over is still to be.
        """
        seat = self._joining.get(owner)
        if seat is not None:
            self.leave(seat, owner)
            self.settle(owner)
        self.hand_over(owner)

    def leave(self, seat: Seat, owner: object) -> None:
        """Make a seat of `owner` vacant. It may be called again."""
        if seat.index in self.locks.taken_by(owner):
            make_vacant(seat)
            self.locks.release(seat.index, owner)

    def hand_over(self, owner: object) -> None:
        """Leave what `owner` has as a consumer that dies does: a successor may take the seat."""
        for index in self.locks.taken_by(owner):
            self.locks.release(index, owner)

    def evict(self, name: str) -> bool:
        """Make the seat of a dead consumer vacant, whatever its policy; returns whether it was.

        Raises:
            SeatTakenError: its consumer is alive.
        """
        for seat in self.seats:
            if seat.state.load() in TAKEN and seat.name == name and self.locks.is_held(seat.index):
                raise SeatTakenError(
                    f"process {seat.process} has the seat {name!r} and is alive; only the seat of "
                    f"a dead consumer can be evicted"
                )
        return name in evict_dead(self.seats, self.locks, name)
