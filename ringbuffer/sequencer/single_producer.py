"""`SingleProducerSequencer`: one thread claims and publishes, without an atomic read-modify-write.

Shared words, written by the producing thread with plain ordered stores:

    cursor    the last sequence published; consumers wait for it
    limit     the last sequence known to be free (see `RingState`)

The last sequence claimed is the producing thread's own variable: no other thread coordinates by it.

A claim compares with `limit` and, once a lap or less, reads the consumers' progress. Publishing is
one store-release, after the event was written: a thread that loads the cursor with acquire sees the
event. See `ringbuffer.producer.single` for what the producing thread does. The sequencer records
which thread that is, and hands the production over.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.errors import ForkedProcessError, ProducerThreadError
from ringbuffer.forks import forked
from ringbuffer.host import SYSTEM_HOST, Host, Thread
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.ownership import RETIRED, Owner, Tenure, lent, wrong_thread
from ringbuffer.sequencer.published_cursor import PublishedCursor
from ringbuffer.sequencer.sequencer import Sequencer
from ringbuffer.wait import WaitStrategy

#: The longest wait, in seconds, for a producer that is delayed while it announces a claim.
LONGEST_ANNOUNCEMENT: Final = 1.0


class SingleProducerSequencer(Sequencer):
    """A sequencer for one producing thread at a time (LMAX Disruptor, `SingleProducerSequencer`).

    The first thread that calls `own` owns the ring's production until it releases it or ends.
    Meanwhile a call of another thread raises a `ProducerThreadError`.
    """

    #: See `Noted`.
    _left_behind_by: int | None

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(buffer_size, wait_strategy, memory=memory, host=host)
        self._owner_lock: Final = host.lock()
        self._owner: Owner | None = None
        self._claimed_before: int = INITIAL_SEQUENCE
        #: The owner uses it, see `Tenure`.
        self._early_skips: Final[dict[int, int]] = {}

    def _after_fork(self, made_in: int) -> None:
        """In a child: the producer's operations raise, as those of a released producer."""
        if self._owner is not None:
            self._retire(self._owner)

    @property
    def claimed(self) -> int:
        """The last sequence that the producer has claimed, at a moment of the call."""
        owner = self._owner
        if owner is None:
            return self._claimed_before
        claimed, state = self._claimed_by(owner), self.state
        if state.is_sealed or claimed <= state.limit.load():
            return claimed
        return self._settled_claim(owner)

    def _claimed_by(self, owner: Owner) -> int:
        """The last sequence that `owner` has announced, or had claimed when it was retired."""
        claimed = owner.claimed()
        # `_claimed_before` is stored before `claimed` becomes `RETIRED`.
        return self._claimed_before if claimed == RETIRED else claimed

    def _settled_claim(self, owner: Owner) -> int:
        """The last claim, where the producer may yet withdraw an announcement, see `_seal`.

        Every claim that has succeeded is within the limit, which is raised before. So a claim
        beyond the limit exists only between two lines of the producer, unless the ring is closed.
        Terminates because the producer runs its next lines, or else at the deadline. A signal
        handler between those lines must not wait for its own thread.
        """
        state, host = self.state, self._host
        backoff = Backoff(host, state.was_closed, LONGEST_ANNOUNCEMENT)
        is_own = owner.thread is host.current_thread()
        while True:
            claimed, limit = self._claimed_by(owner), state.limit.load()
            if state.is_sealed or limit < INITIAL_SEQUENCE or claimed <= limit:
                return claimed
            if is_own or not backoff.pause():
                return limit

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        return max(self.claimed - self.buffer_size, -1) < sequence <= self.cursor

    def published_view(self) -> PublishedCursor:
        """The calling thread's own view of what is published: the cursor."""
        return PublishedCursor(self._cursor.view())

    def published(self) -> int:
        """The cursor."""
        return self._cursor.get()

    def own(self, start: Callable[[Tenure], Owner]) -> Owner:
        """Make the calling thread the producer from now on.

        Args:
            start: makes the operations of a thread that does not own the production yet.

        Returns:
            What `start` made, now or in an earlier call of the same thread.

        Raises:
            ProducerThreadError: another thread owns the production and is alive.
        """
        thread = self._host.current_thread()
        with self._owner_lock:
            owner = self._owner
            if owner is not None and owner.thread is not thread:
                if owner.thread.is_alive():
                    raise wrong_thread(owner.thread, thread)
                self._retire(owner)
                owner = None
            if owner is None:
                owner = self._owner = start(self._tenure(thread))
            return owner

    def _seal(self) -> None:
        """See `Sequencer._seal`. The closing thread does nothing here; the producer does it.

        The producer announces a claim before it reads the limit: it stores `claimed`, then loads
        the limit. The closing thread has lowered the limit by an exchange, and reads `claimed`
        after that. So either the producer finds the limit lowered and withdraws the claim, or
        `claimed` includes it. `claimed` is a variable of a closure: CPython stores it under a lock
        of its own. That lock is the fence between the two on the producer's side, at no further
        cost.

        A producer that has checked for free capacity stores a limit, announces its claim, and then
        checks whether the ring is closed. If it is not, the limit was stored before the ring was
        closed, and the closing thread lowered it after that.
        """

    def _tenure(self, thread: Thread) -> Tenure:
        return Tenure(
            self.state,
            self.wait_strategy,
            self.cursor_view(),
            thread,
            self._claimed_before,
            self._early_skips,
            self._refusal,
        )

    def release_producer(self) -> None:
        """Let another thread produce from now on. It sees everything that this one did before.

        The operations that the caller had raise from now on, even if the caller uses them.

        Raises:
            ProducerThreadError: a thread other than the caller owns the production.
            RuntimeError: the caller is in a loop of `publish_each`.
        """
        thread = self._host.current_thread()
        with self._owner_lock:
            owner = self._owner
            if owner is None:
                return
            if owner.thread is not thread:
                raise wrong_thread(owner.thread, thread)
            if owner.is_lent():
                raise lent("release the producer")
            self._retire(owner)
            self._owner = None

    def _retire(self, owner: Owner) -> None:
        """Store how far a producer has claimed, and make its operations raise.

        Its thread is the caller, or has ended. It may be called again after an interrupt.
        """
        claimed = owner.claimed()
        if claimed != RETIRED:
            self._claimed_before = claimed
        owner.retire()

    def _refusal(self) -> ProducerThreadError | ForkedProcessError:
        """The error for a thread that uses operations which do not, or no longer, belong to it."""
        if self._left_behind_by is not None:
            return forked("this ring", self._left_behind_by)
        owner = self._owner
        return wrong_thread(None if owner is None else owner.thread, self._host.current_thread())
