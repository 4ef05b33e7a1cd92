"""`CapacityWait`: what a producer does while there is no free capacity."""

from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.blocked_loop import warn_of_blocked_loop
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ClaimTimeoutError, DeadlockError
from ringbuffer.sequencer.ring_state import RingState


class CapacityWait:
    """A producer's wait for free capacity. Owning thread only.

    It does not use the consumers' wait strategy, because consumers do not signal producers. It uses
    `Backoff` instead. Closing the ring ends a park.
    """

    __slots__ = ("_backoff", "_count", "_state", "_thread", "_timeout", "_wanted")

    def __init__(
        self, state: RingState, sequence: int, count: int, timeout: Duration | None
    ) -> None:
        if state.ends:
            state.run_ends()  # the consumer to remove may be this thread's own
        state.check_deadlock(sequence)
        timeout = check_timeout(timeout)
        warn_of_blocked_loop(timeout)
        self._backoff: Final = Backoff(state.host, state.was_closed, timeout)
        self._state: Final = state
        self._count: Final = count
        self._timeout: Final = timeout
        self._thread: Final = state.host.thread_id()
        self._wanted = sequence
        state.claim_stalls.begin(self._thread, sequence)

    def pause(self, sequence: int) -> None:
        """Let some time pass before the caller next checks for capacity up to `sequence`.

        Raises:
            ClaimTimeoutError: the deadline has passed. Nothing was claimed.
            DeadlockError: see `RingState.check_deadlock`. Where other producers claim too, the
                sequence that this one waits for rises, so each call checks again.
        """
        state = self._state
        if state.ends:
            state.run_ends()
        if sequence != self._wanted:
            self._wanted = sequence
            state.claim_stalls.go_on(self._thread, sequence)
        try:
            state.check_deadlock(sequence)
        except DeadlockError:
            state.claim_stalls.give_up(self._thread, timed_out=False)
            raise
        if not self._backoff.pause():
            state.claim_stalls.give_up(self._thread, timed_out=True)
            raise ClaimTimeoutError(
                f"no free capacity for {self._count} event(s) in the ring of {state.size} slots "
                f"within {self._timeout} s; "
                f"the slowest consumer gates it. Nothing was claimed"
            )
