"""`SharedRing`: a ring of records in memory that processes share."""

import os
import weakref
from types import TracebackType
from typing import Final, Self

from ringbuffer.errors import RingBufferClosedError
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory.mapping import Mapping
from ringbuffer.memory.placed import PlacedMemory, shared_operations
from ringbuffer.one_process import OneProcess
from ringbuffer.producer import Producer
from ringbuffer.producer.binding import producer_ops
from ringbuffer.records import RecordBlock, RecordLayout
from ringbuffer.shared import ring_files
from ringbuffer.shared.closing_notes import ClosingNotes
from ringbuffer.shared.consumer_seat import ConsumerSeat
from ringbuffer.shared.eviction import SeatGroup
from ringbuffer.shared.header import WORDS, Header
from ringbuffer.shared.joining import SeatTable
from ringbuffer.shared.kernel_locks import KernelLocks
from ringbuffer.shared.seats import TAKEN, OnDeath, check_seat_name, make_seats
from ringbuffer.shared.shared_sequencer import SharedParts, SharedSequencer
from ringbuffer.shared.skip_table import SkipTable
from ringbuffer.shared.status import SeatStatus, SharedRingStatus
from ringbuffer.wait import WaitStrategy


class SharedRing(OneProcess):
    """A ring of records that one process fills and others read. Any thread.

    `RingBuffer.create` and `RingBuffer.attach` make it. As a context manager it detaches at its
    end.

    Args:
        name: of the ring.
        header: what it consists of.
        mapping: the shared memory.
        wait_strategy: how the consumers of this process wait; one that never blocks.
        host: what provides locks, threads and time.
        creating: whether this process makes the ring.
    """

    def __init__(
        self,
        name: str,
        header: Header,
        mapping: Mapping,
        wait_strategy: WaitStrategy,
        *,
        host: Host = SYSTEM_HOST,
        creating: bool = False,
    ) -> None:
        self._name: Final = name
        self._mapping: Final = mapping
        self._host: Final = host
        self._operations: Final = shared_operations()
        words, seats, notes, skips, records = header.parts
        self._memory: Final = PlacedMemory(mapping, self._operations, words.offset, WORDS, creating)
        own = PlacedMemory(mapping, self._operations, seats.offset, 2 * header.seats, creating)
        all_seats = make_seats(mapping, seats, header.seats, own)
        locks = KernelLocks(mapping, host)
        # The order of what follows is the order of its cells in every process
        group = SeatGroup(all_seats, locks, self._memory, host)
        table = mapping.block(skips.offset, skips.size)
        parts = SharedParts(
            mapping,
            group,
            SkipTable(header.slots, self._memory, host, table, self._operations),
            ClosingNotes(self._memory, mapping.block(notes.offset, notes.size)),
            locks,
            self._memory.cell(0),
        )
        self._sequencer: Final = SharedSequencer(
            header.slots, wait_strategy, parts, memory=self._memory, host=host, process=os.getpid()
        )
        self._memory.seal()
        self._seats: Final = SeatTable(all_seats, group, self._sequencer.new_barrier(), locks, host)
        self._block: Final = RecordBlock(
            header.layout, header.slots, mapping.block(records.offset, records.size).bytes
        )
        self._open: Final[weakref.WeakSet[ConsumerSeat]] = weakref.WeakSet()
        self._is_detached = False
        made_here(self)

    # -- what it is --------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name on this machine."""
        return self._name

    @property
    def layout(self) -> RecordLayout:
        """The layout of its records."""
        return self._block.layout

    @property
    def buffer_size(self) -> int:
        """Slots in the ring."""
        return self._sequencer.buffer_size

    @property
    def cursor(self) -> int:
        """The last sequence published; -1 before the first."""
        return self._sequencer.cursor

    @property
    def is_closed(self) -> bool:
        """Whether the ring refuses all further claims, in every process."""
        return self._sequencer.is_closed

    @property
    def status(self) -> SharedRingStatus:
        """How far the producer and the consumers are, and which of them live."""
        locks, cursor = self._seats.locks, self.cursor
        seats = tuple(
            SeatStatus(seat.name, seat.process, locks.is_held(seat.index), seat.sequence.get())
            for seat in self._seats.seats
            if seat.state.load() in TAKEN
        )
        return SharedRingStatus(
            self._name,
            self.buffer_size,
            self.layout,
            cursor,
            self.is_closed,
            self._sequencer.producing_process,
            self._sequencer.is_produced(),
            len(self._seats.seats),
            seats,
        )

    # -- producing and consuming -------------------------------------------------------------------

    def producer(self) -> Producer[object]:
        """The calling thread's own producer. This process has the production from now on.

        It goes on at the cursor. What a process that has died had claimed and not published was
        never in the ring. `producer.release()` gives the production up, for other threads and
        processes; what is claimed and not published is given up too.

        Raises:
            SeatTakenError: a process that lives has the production.
            RingBufferClosedError: the ring is closed.
            ProducerThreadError: another thread of this process has the production.
        """
        self._check()
        ops = producer_ops(self._sequencer)
        records = self._block.records(writable=True)
        return Producer(self._sequencer, ops, records, self._host, False, self._block.store())

    def seat(self, name: str, on_death: OnDeath = OnDeath.KEEP) -> ConsumerSeat:
        """Take the seat of that name, for a consumer of this process.

        If a consumer had the seat and has died, or has handed it over, the new one goes on where
        that stopped. Otherwise it gets a vacant seat, and the records that are published from now
        on.

        Args:
            name: of the seat, 1 to 60 bytes of text.
            on_death: what happens to the seat if this process dies.

        Raises:
            SeatTakenError: a process that lives has it.
            SharedRingError: all seats are taken.
        """
        self._check()
        if not isinstance(on_death, OnDeath):
            raise TypeError(f"on_death must be an OnDeath, such as OnDeath.KEEP, not {on_death!r}")
        seat = ConsumerSeat(
            check_seat_name(name),
            on_death,
            self._seats,
            self._sequencer,
            self._block,
            self._operations,
        )
        self._open.add(seat)
        return seat

    def evict(self, name: str) -> bool:
        """Make the seat of a dead consumer vacant, even if it was to be kept; whether it was.

        Raises:
            SeatTakenError: its consumer is alive.
        """
        self._check()
        return self._seats.evict(check_seat_name(name))

    # -- end ---------------------------------------------------------------------------------------

    def close(self, error: RingBufferClosedError | None = None) -> None:
        """End the ring, for every process: claims are refused, consumers read the rest and end.

        Consumers end when no process holds the production. If this process does and has published
        what it has claimed, it gives the production up. Otherwise `producer.release()`, `detach`
        or the end of the process do.

        Args:
            error: what producers get. Its text crosses to other processes. Its class does if it is
                `RingBufferClosedError` or `ConsumerFailedError`.
        """
        self._check()
        self._sequencer.close(error)
        self._sequencer.end_production()

    def detach(self) -> None:
        """Leave the ring; it stays for other processes. May be called again.

        Seats that this process has are handed over, and the production is given up, as at the
        process's death.

        Raises:
            RuntimeError: a loop of a thread consumes from a seat.
            ProducerThreadError: another thread of this process produces.
        """
        if self._is_detached:
            return
        for seat in tuple(self._open):
            seat.hand_over()
        self._open.clear()
        self._sequencer.detach_production()
        self._is_detached = True
        self._mapping.close()

    def unlink(self) -> None:
        """Remove the name of the ring; processes that have the ring keep it.

        Raises:
            FileNotFoundError: the name was removed before.
        """
        ring_files.unlink(self._name)

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.detach()

    def _check(self) -> None:
        if self._is_detached:
            raise RuntimeError(f"this process has detached from ring {self._name!r}; attach again")

    def __repr__(self) -> str:
        return f"SharedRing({self._name!r}, buffer_size={self.buffer_size}, cursor={self.cursor})"
