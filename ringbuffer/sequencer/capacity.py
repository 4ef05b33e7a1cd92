"""`Capacity`: how a producer learns how far it may claim."""

from collections.abc import Callable
from typing import Final

from ringbuffer.barrier import PublishedView
from ringbuffer.checks import Duration
from ringbuffer.memory import Word
from ringbuffer.sequencer.capacity_wait import CapacityWait
from ringbuffer.sequencer.reclaim_limit import reclaim_limit
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT, RingState


class Capacity:
    """How far one producer thread may claim, as that thread knows it. Owning thread only.

    Args:
        state: the ring's shared state.
        published: the thread's own knowledge of what is published.
        limit: the thread's own access to the limit.
    """

    __slots__ = ("_closed", "_gating", "_limit", "_published", "_size", "_state")

    def __init__(self, state: RingState, published: PublishedView, limit: Word) -> None:
        self._state: Final = state
        self._size: Final = state.size
        self._gating: Final = state.gating.view()
        self._published: Final = published
        self._closed: Final = state.closed_word()
        self._limit: Final = limit

    def admits(self, sequence: int) -> bool:
        """Whether `sequence` may be claimed. Reads the consumers' progress and stores the limit.

        Raises:
            RingBufferClosedError: the ring is closed.
        """
        limit = reclaim_limit(self._gating, self._published) + self._size
        self._limit[0] = limit
        if self._closed[0]:
            self._limit[0] = CLOSED_LIMIT
            raise self._state.refusal()
        return sequence <= limit

    def start_wait(self, sequence: int, count: int, timeout: Duration | None) -> CapacityWait:
        """Begin to wait for the `count` slots up to `sequence`.

        Raises:
            ValueError, TypeError: `timeout` is not a number.
            DeadlockError: see `RingState.check_deadlock`.
        """
        return CapacityWait(self._state, sequence, count, timeout)

    def wait_until(
        self,
        admits: Callable[[int, int], bool],
        sequence: int,
        count: int,
        timeout: Duration | None,
    ) -> None:
        """Wait until `admits(sequence, count)` returns True.

        Terminates because a consumer advances, the deadline passes, or the ring is closed. For the
        errors see `start_wait`, `pause` and `admits`.
        """
        try:
            wait = self.start_wait(sequence, count, timeout)
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if admits(sequence, count):
                    return
                wait.pause(sequence)
        except BaseException:
            self._state.claim_stalls.end(self._state.host.thread_id())
            raise
