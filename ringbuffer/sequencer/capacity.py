"""How a producer learns that there is room, and what it does while there is none."""

from collections.abc import Callable
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.barrier import PublishedView
from ringbuffer.errors import ClaimTimeoutError, DeadlockError, RingBufferClosedError
from ringbuffer.host import Event, Host
from ringbuffer.memory import Memory, Word
from ringbuffer.sequence import Sequence, SequenceGroup, SequenceGroupView
from ringbuffer.skipped import SkippedSequences

#: The limit of a closed ring: below every sequence, so that each claim takes the slow path and is refused there.
CLOSED_LIMIT: Final = -(1 << 62)


class RingState:
    """What the producers and consumers of one ring share besides the cursor. Any thread.

    `limit` is the highest sequence that may be claimed: the minimum gating sequence that somebody computed last, plus
    the size of the ring. The minimum only grows, so a stale limit is too low, never too high, and a claim within it
    needs no look at the consumers. It is written with plain stores by whichever producer computed it.

    Args:
        size: slots in the ring.
        memory: what provides the cells.
        host: what provides locks and events.
    """

    __slots__ = (
        "_closed",
        "_consumers",
        "_error",
        "_listeners",
        "_lock",
        "gating",
        "host",
        "limit",
        "size",
        "skipped",
        "was_closed",
    )

    def __init__(self, size: int, memory: Memory, host: Host) -> None:
        self.size: Final = size
        self.host: Final = host
        self.gating: Final = SequenceGroup(memory=memory, host=host)
        self.limit: Final = memory.cell(size - 1)
        self.skipped: Final = SkippedSequences(size, memory, host)
        self.was_closed: Final[Event] = host.event()
        self._closed: Final = memory.cell(0)
        self._error: RingBufferClosedError | None = None
        self._listeners: tuple[Callable[[], object], ...] = ()
        self._lock: Final = host.lock()
        self._consumers: Final[dict[int, tuple[Sequence, ...]]] = {}

    @property
    def is_closed(self) -> bool:
        """Whether the ring takes no more claims."""
        return self._closed.load() != 0

    def close(self, error: RingBufferClosedError) -> None:
        """Refuse every later claim with a copy of `error`; wake the producers that wait for room. The first call counts.

        The error is stored before the flag, and the flag before the limit: who finds the limit lowered finds the flag.
        A producer that stores a limit of its own at the same moment may make some more claims, at most one ring of them.
        """
        if not isinstance(error, RingBufferClosedError):
            raise TypeError(f"a ring is closed with a RingBufferClosedError, which producers get; not with {error!r}")
        with self._lock:
            if self._error is None:
                self._error = error
        self._closed.store(1)
        self.limit.store(CLOSED_LIMIT)
        self.was_closed.set()
        self._tell_listeners()

    def refusal(self) -> RingBufferClosedError:
        """A fresh exception that says why the ring is closed; only after `close`."""
        error = self._error
        assert error is not None, "closed before the error was stored"
        try:
            refusal = type(error)(*error.args)
        except TypeError:  # a class of the user's that is made in another way
            refusal = RingBufferClosedError(str(error))
        refusal.__cause__ = error.__cause__
        return refusal

    def closed_word(self) -> Word:
        """The calling thread's own access to the closed flag: not 0 once closed."""
        return self._closed.view().word

    # -- who consumes -------------------------------------------------------------------------------------------

    def enter_consumer(self, sequence: Sequence) -> int:
        """Note that the calling thread is the one that advances `sequence`; its number, for `leave_consumer`."""
        thread = self.host.thread_id()
        with self._lock:
            self._consumers[thread] = (*self._consumers.get(thread, ()), sequence)
        return thread

    def leave_consumer(self, thread: int, sequence: Sequence) -> None:
        """That thread does not advance `sequence` any more. If the ring is closed, those who wait for its end look again."""
        with self._lock:
            left = list(self._consumers.get(thread, ()))
            if sequence in left:
                left.remove(sequence)
            if left:
                self._consumers[thread] = tuple(left)
            else:
                self._consumers.pop(thread, None)
        if self.is_closed:
            self._tell_listeners()

    # -- who wants to know of the end ---------------------------------------------------------------------------

    def add_close_listener(self, listener: Callable[[], object]) -> None:
        """Have `listener` called when the ring is closed, at once if it is, and whenever a consumer ends after that."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        if self.is_closed:
            listener()

    def remove_close_listener(self, listener: Callable[[], object]) -> None:
        """Forget a listener; nothing to do if it was never added."""
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each != listener)

    def _tell_listeners(self) -> None:
        for listener in self._listeners:
            listener()

    def check_deadlock(self, wanted: int) -> None:
        """Raise if room for `wanted` depends on an event that the calling thread itself has yet to finish.

        Raises:
            DeadlockError: the calling thread is a consumer of this ring and stands more than a ring behind.
        """
        for own in self._consumers.get(self.host.thread_id(), ()):
            if own.get() + self.size < wanted:
                raise DeadlockError(
                    f"a handler waits for room for sequence {wanted} in the ring of {self.size} slots that it consumes "
                    f"itself, and has finished only up to {own.get()}: the room can never come. Publish to another ring, "
                    f"use try_next, or make the ring larger than what a handler publishes"
                )


def unread_from(gating: SequenceGroupView, published: PublishedView) -> int:
    """The last sequence whose slot may be claimed again: the slowest consumer's, but never past a gap in what is published.

    Consumers stand behind such a gap by themselves. It is counted all the same, so that a sequence which its owner has moved
    too far cannot have a slot claimed for two laps at once.
    """
    minimum = gating.settled_minimum(published)
    gap_free = published.get()
    return minimum if minimum < gap_free else gap_free


class Capacity:
    """One producer thread's knowledge of how far it may claim. Owning thread only.

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
        """Whether `sequence` may be claimed, by a fresh look at the gating sequences; keeps the limit for later claims.

        Raises:
            RingBufferClosedError: the ring is closed.
        """
        limit = unread_from(self._gating, self._published) + self._size
        self._limit[0] = limit
        if self._closed[0]:
            self._limit[0] = CLOSED_LIMIT
            raise self._state.refusal()
        return sequence <= limit

    def start_wait(self, sequence: int, count: int, timeout: float | None) -> "CapacityWait":
        """Begin to wait for room for the `count` slots up to `sequence`.

        Raises:
            ValueError, TypeError: `timeout` is not a number.
            DeadlockError: see `RingState.check_deadlock`.
        """
        return CapacityWait(self._state, sequence, count, timeout)


class CapacityWait:
    """A producer's wait for room. Owning thread only.

    It never uses the consumers' wait strategy, because consumers do not signal producers; see `Backoff` for what it does
    instead. Closing the ring ends a park.
    """

    __slots__ = ("_backoff", "_count", "_state", "_timeout")

    def __init__(self, state: RingState, sequence: int, count: int, timeout: float | None) -> None:
        state.check_deadlock(sequence)
        self._backoff: Final = Backoff(state.host, state.was_closed, timeout)
        self._state: Final = state
        self._count: Final = count
        self._timeout: Final = timeout

    def pause(self, sequence: int) -> None:
        """Let some time pass before the next look for room up to `sequence`.

        Raises:
            ClaimTimeoutError: the deadline has passed. Nothing was claimed.
            DeadlockError: see `RingState.check_deadlock`. Where others claim too, the room that is needed moves on while
                one waits for it, so this is asked again each time.
        """
        self._state.check_deadlock(sequence)
        if not self._backoff.pause():
            raise ClaimTimeoutError(
                f"no room for {self._count} event(s) in the ring of {self._state.size} slots within {self._timeout} s; "
                f"the slowest consumer gates it. Nothing was claimed"
            )
