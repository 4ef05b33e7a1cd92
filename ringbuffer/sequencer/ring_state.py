"""`RingState`: what the producers and consumers of one ring share besides the cursor."""

import contextlib
from collections.abc import Callable
from typing import Any, ClassVar, Final

from ringbuffer.errors import DeadlockError, ForkedProcessError, RingBufferClosedError
from ringbuffer.forks import forked, made_here
from ringbuffer.host import Event, Host
from ringbuffer.memory import Memory, Word
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer.claim_stalls import ClaimStalls
from ringbuffer.sequencer.lost import Lost
from ringbuffer.skipped import SkippedSequences

#: The limit of a closed ring: below every sequence. So each claim takes the slow path, which
#: refuses it.
CLOSED_LIMIT: Final = -(1 << 62)


class RingState:
    """What the producers and consumers of one ring share besides the cursor. Any thread.

    `limit` is the highest sequence that may be claimed: the last computed minimum of the gating
    sequences, plus the size of the ring. The minimum only grows. So an old limit is too low, never
    too high, and a claim within it need not read the consumers' progress. The producer that
    computed it writes it with a plain store.

    Args:
        size: slots in the ring.
        memory: what provides the cells.
        host: what provides locks and events.
        gating: the sequences that producers wait for; None makes a group without members.
        skipped: the skipped sequences; None makes those of this process.

    Attributes:
        is_sealed: whether no claim can succeed any more. It becomes True shortly after the ring is
            closed. From then on, the last claimed sequence is final.
    """

    #: Functions that callers still hold read this object, so a child keeps its class.
    _in_child: ClassVar[None] = None

    __slots__ = (
        "__weakref__",
        "_closed",
        "_consumers",
        "_error",
        "_listeners",
        "_lock",
        "claim_stalls",
        "ends",
        "gating",
        "host",
        "is_sealed",
        "limit",
        "size",
        "skipped",
        "was_closed",
        "watched",
    )

    def __init__(
        self,
        size: int,
        memory: Memory,
        host: Host,
        gating: SequenceGroup | None = None,
        skipped: SkippedSequences | None = None,
    ) -> None:
        self.size: Final = size
        self.host: Final = host
        self.gating: Final = SequenceGroup(memory=memory, host=host) if gating is None else gating
        self.limit: Final = memory.cell(size - 1)
        self.skipped: Final = SkippedSequences(size, memory, host) if skipped is None else skipped
        self.was_closed: Final[Event] = host.event()
        self.claim_stalls: Final = ClaimStalls()
        #: Consumers that may be lost, by number; and those that are, which append themselves: see
        #: `left_behind`. A thread ends them, and so does a producer that waits for free capacity.
        self.watched: Final[dict[int, Lost[Any]]] = {}
        self.ends: Final[list[Lost[Any]]] = []
        self._closed: Final = memory.cell(0)
        self.is_sealed = False
        self._error: RingBufferClosedError | ForkedProcessError | None = None
        self._listeners: tuple[Callable[[], object], ...] = ()
        self._lock: Final = host.lock()
        self._consumers: Final[dict[int, tuple[Sequence, ...]]] = {}
        made_here(self)

    @property
    def is_closed(self) -> bool:
        """Whether the ring refuses all further claims."""
        return self._closed.load() != 0

    def close(self, error: RingBufferClosedError, seal: Callable[[], object]) -> None:
        """Refuse every later claim with a copy of `error`; wake producers that wait for capacity.

        The error of the first call is kept; of simultaneous calls, either.

        The error is stored before the flag, and the flag before the limit. So a producer that finds
        the limit lowered finds the flag. A producer that has checked before may still claim until
        the ring is sealed. Listeners are called only after that.

        It takes no lock, and each step can be repeated. So a signal handler may close the ring
        while its own thread is closing it.

        Args:
            error: what later claims raise.
            seal: the sequencer's function; when it returns, no claim can succeed any more.
        """
        if not isinstance(error, RingBufferClosedError):
            raise TypeError(
                f"a ring is closed with a RingBufferClosedError, which producers then get, and not "
                f"with {error!r}"
            )
        if self._error is None:
            self._error = error
        self._closed.store(1)
        self.limit.exchange(CLOSED_LIMIT)  # a fence too: see `SingleProducerSequencer._seal`
        seal()
        self.is_sealed = True
        self.was_closed.set()
        self._tell_listeners()

    def refusal(self) -> RingBufferClosedError | ForkedProcessError:
        """Returns a new exception that says why the ring is closed. Call it only after `close`."""
        error = self._error
        assert error is not None, "closed before the error was stored"
        try:
            refusal = type(error)(*error.args)
        except TypeError:  # a user's class, whose constructor takes other arguments
            refusal = RingBufferClosedError(str(error))
        refusal.__cause__ = error.__cause__
        return refusal

    def _after_fork(self, made_in: int) -> None:
        """In a child: every claim takes the slow path, as in a closed ring, and raises an error."""
        self._error = forked("this ring", made_in)
        self.is_sealed = True
        for cell, value in ((self._closed, 1), (self.limit, CLOSED_LIMIT)):
            cell.store(value)
        self._listeners = ()
        self._consumers.clear()

    def closed_word(self) -> Word:
        """The calling thread's own access to the closed flag: not 0 once closed."""
        return self._closed.view().word

    # -- consumers ------------------------------------------------------------------------------

    def enter_consumer(self, sequence: Sequence) -> int:
        """Note that the calling thread advances `sequence`; returns the thread's number."""
        thread = self.host.thread_id()
        with self._lock:
            self._consumers[thread] = (*self._consumers.get(thread, ()), sequence)
        return thread

    def drive(self, thread: int, sequences: tuple[Sequence, ...]) -> None:
        """Note what the calling thread, number `thread`, advances now, instead of before.

        For a thread that advances one consumer after the other. It takes no lock: storing into a
        dictionary is atomic, and only a thread itself changes what is noted for it.
        """
        if sequences:
            self._consumers[thread] = sequences
        else:
            self._consumers.pop(thread, None)

    def leave_consumer(self, thread: int, sequence: Sequence) -> None:
        """Note that `thread` no longer advances `sequence`. If closed, calls the listeners."""
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

    def consumers(self) -> dict[int, tuple[Sequence, ...]]:
        """The threads that consume now, by number, with what they advance; a copy. Any thread."""
        return self._consumers.copy()

    # -- close listeners --------------------------------------------------------------

    def add_close_listener(self, listener: Callable[[], object]) -> None:
        """Call `listener` when the ring is closed, or now, and when a consumer ends later."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        if self.is_closed:
            listener()

    def remove_close_listener(self, listener: Callable[[], object]) -> None:
        """Remove a listener. Does nothing if it was not added."""
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each != listener)

    def _tell_listeners(self) -> None:
        for listener in self._listeners:
            listener()

    def run_ends(self) -> None:
        """Remove the gates of abandoned consumers. The caller holds no lock of the ring."""
        # Terminates because each iteration removes one, or finds it removed by another thread.
        for lost in tuple(self.ends):
            lost.end()
            # Only now: after an interrupt, or after a failure, another thread calls it again
            with contextlib.suppress(ValueError):  # another thread was faster
                self.ends.remove(lost)
            self.watched.pop(lost.number, None)

    def check_deadlock(self, wanted: int) -> None:
        """Raise if capacity for `wanted` depends on an event that the caller has yet to finish.

        Raises:
            DeadlockError: the calling thread is a consumer of this ring and is more than a ring
                behind.
        """
        for own in self._consumers.get(self.host.thread_id(), ()):
            if own.get() + self.size < wanted:
                raise DeadlockError(
                    f"a handler waits for free capacity for sequence {wanted} in the ring of "
                    f"{self.size} slots that it consumes itself, and has finished only up to "
                    f"{own.get()}: that slot can never become free. Publish to another ring, use "
                    f"try_next, or make the ring larger than what a handler publishes"
                )
