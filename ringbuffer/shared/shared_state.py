"""`SharedRingState`: what the producer and the consumers of a ring between processes share."""

from collections.abc import Callable
from typing import Final

from ringbuffer.errors import ForkedProcessError, RingBufferClosedError
from ringbuffer.forks import forked
from ringbuffer.host import Host
from ringbuffer.memory import Memory
from ringbuffer.memory.mapping import Mapping
from ringbuffer.sequencer.ring_state import RingState
from ringbuffer.shared.closing_notes import ClosingNotes
from ringbuffer.shared.eviction import SeatGroup
from ringbuffer.shared.skip_table import SkipTable


class SharedRingState(RingState):
    """See `RingState`. The error that closes the ring crosses, as a class and a text.

    Args:
        size: slots in the ring.
        memory: what provides the cells.
        host: what provides locks and events.
        mapping: the shared memory.
        gating: the seats.
        skipped: the skipped sequences.
        notes: why the ring was closed.
    """

    __slots__ = ("_mapping", "_notes")

    def __init__(
        self,
        size: int,
        memory: Memory,
        host: Host,
        mapping: Mapping,
        gating: SeatGroup,
        skipped: SkipTable,
        notes: ClosingNotes,
    ) -> None:
        self._mapping: Final = mapping
        self._notes: Final = notes
        super().__init__(size, memory, host, gating, skipped)

    def close(self, error: RingBufferClosedError, seal: Callable[[], object]) -> None:
        """See `RingState.close`. The note is there before the flag."""
        if isinstance(error, RingBufferClosedError):
            self._notes.write(error)
        super().close(error, seal)

    def refusal(self) -> RingBufferClosedError | ForkedProcessError:
        """See `RingState.refusal`. Another process may have closed the ring."""
        own, told = self._error, self._notes.read()
        if own is None or (isinstance(own, RingBufferClosedError) and str(own) != str(told)):
            return told
        return super().refusal()

    def _after_fork(self, made_in: int) -> None:
        """In a child: nothing is stored unless the child's memory is a copy."""
        if self._mapping.is_private:
            super()._after_fork(made_in)
        else:
            self._error = forked("this ring", made_in)
