"""`SharedSequencer`: a single-producer sequencer whose words are in shared memory.

Claims, publications and barriers are those of `SingleProducerSequencer`. What is added: the
production belongs to one process at a time, by a lock of the kernel. A process that takes it over
goes on at the cursor. What a dead producer had claimed and not published never was there.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.errors import SeatTakenError
from ringbuffer.host import Host
from ringbuffer.memory import Cell, Memory
from ringbuffer.memory.mapping import Mapping
from ringbuffer.sequencer import SingleProducerSequencer
from ringbuffer.sequencer.ownership import Owner, Tenure
from ringbuffer.shared.closing_notes import ClosingNotes
from ringbuffer.shared.eviction import SeatGroup
from ringbuffer.shared.kernel_locks import PRODUCTION, KernelLocks
from ringbuffer.shared.shared_state import SharedRingState
from ringbuffer.shared.skip_table import SkipTable
from ringbuffer.wait import WaitStrategy


class SharedParts:
    """What a sequencer between processes is made of, besides its own words.

    Attributes:
        mapping: the shared memory.
        gating: the seats.
        skipped: the skipped sequences.
        notes: why the ring was closed.
        locks: the kernel's.
        process: a cell with the number of the process that produces, for people.
    """

    __slots__ = ("gating", "locks", "mapping", "notes", "process", "skipped")

    def __init__(
        self,
        mapping: Mapping,
        gating: SeatGroup,
        skipped: SkipTable,
        notes: ClosingNotes,
        locks: KernelLocks,
        process: Cell,
    ) -> None:
        self.mapping: Final = mapping
        self.gating: Final = gating
        self.skipped: Final = skipped
        self.notes: Final = notes
        self.locks: Final = locks
        self.process: Final = process


class SharedSequencer(SingleProducerSequencer):
    """A sequencer for one producing thread of one process at a time. See above.

    Args:
        size: slots in the ring.
        wait_strategy: how the consumers of this process wait.
        parts: what it shares besides its own words.
        memory: what provides its words.
        host: what provides locks, threads and time.
        process: the number of this process.
    """

    def __init__(
        self,
        size: int,
        wait_strategy: WaitStrategy,
        parts: SharedParts,
        *,
        memory: Memory,
        host: Host,
        process: int,
    ) -> None:
        self._parts: Final = parts
        self._process: Final = process
        self._production_lock: Final = host.lock()
        super().__init__(size, wait_strategy, memory=memory, host=host)

    def _new_state(self, size: int, memory: Memory, host: Host) -> SharedRingState:
        parts = self._parts
        return SharedRingState(
            size, memory, host, parts.mapping, parts.gating, parts.skipped, parts.notes
        )

    @property
    def claimed(self) -> int:
        """The last claim, in the process that produces; elsewhere the cursor."""
        return super().claimed if self._parts.locks.is_mine(PRODUCTION) else self.cursor

    def own(self, start: Callable[[Tenure], Owner]) -> Owner:
        """Make the calling thread of this process the producer. See `SingleProducerSequencer.own`.

        Raises:
            SeatTakenError: another process has the production, and is alive.
            RingBufferClosedError: the ring is closed.
            ProducerThreadError: another thread of this process has it, and is alive.
        """
        with self._production_lock:
            self._take_production()
        return super().own(start)

    def _take_production(self) -> None:
        """Take the production for this process, and go on at the cursor.

        The closed flag is loaded after the lock is taken. A consumer loads them in the other order,
        and ends if the ring is closed and the lock is free.
        """
        parts = self._parts
        if parts.locks.is_mine(PRODUCTION):
            return
        try:
            if not parts.locks.try_take(PRODUCTION, self):
                if self.is_closed:
                    raise self.state.refusal()
                raise SeatTakenError(
                    f"process {parts.process.load()} produces into this ring and is alive: a ring "
                    f"between processes has one producer at a time"
                )
            if self.is_closed:
                raise self.state.refusal()
            parts.process.store(self._process)
            parts.skipped.drop_after(self.cursor)
            self._claimed_before = self.cursor
            self._early_skips.clear()
        except BaseException:
            parts.locks.release(PRODUCTION, self)
            raise

    def release_producer(self) -> None:
        """Let another thread, or another process, produce. What is not published yet is given up.

        The errors are those of `SingleProducerSequencer.release_producer`.
        """
        super().release_producer()
        self._give_up_production()

    def detach_production(self) -> None:
        """As `release_producer`, also if the thread that produced has ended, or no thread has.

        Raises:
            ProducerThreadError: another thread of this process produces.
        """
        with self._owner_lock:
            owner = self._owner
            if owner is not None and not owner.thread.is_alive():
                self._retire(owner)
                self._owner = None
        self.release_producer()

    def end_production(self) -> None:
        """After a close: let consumers know that this process publishes nothing more.

        Does nothing while it has claims that it may publish.
        """
        if self._parts.locks.is_mine(PRODUCTION) and self.claimed <= self.cursor:
            self._give_up_production()

    def _give_up_production(self) -> None:
        with self._production_lock:
            if self._parts.locks.is_mine(PRODUCTION):
                self._parts.process.store(0)
                self._parts.locks.release(PRODUCTION, self)

    @property
    def producing_process(self) -> int:
        """The number of the process that has the production, or died with it; 0 if none."""
        return self._parts.process.load()

    def is_produced(self) -> bool:
        """Whether a living process has the production."""
        return self._parts.locks.is_held(PRODUCTION)

    def wants_look(self) -> bool:
        """Whether a waiting consumer has a reason to look whether anything comes."""
        return self.is_closed or not self.is_produced()

    def is_at_end(self, position: int) -> bool:
        """Whether nothing after `position` can come. The order of the loads matters."""
        return self.is_closed and not self.is_produced() and self.cursor <= position
