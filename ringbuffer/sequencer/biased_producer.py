"""`BiasedProducerSequencer`: for any number of producers, and faster while there is one.

In most programs one thread publishes, and a compare-and-swap takes it longer than the rest of a
publication. So the first thread that produces, the *owner*, claims with plain stores. When another
thread comes, or closes the ring, it revokes that: it waits for a claim of the owner that is on its
way, and from then on every thread claims with compare-and-swap, for good. (As biased locks do:
Russell and Detlefs, *Eliminating Synchronization-Related Atomic Operations with Biased Locking and
Bulk Rebiasing*, 2006.)

Shared words, besides those of `MultiProducerSequencer`:

    grant      the last sequence that the owner may claim alone. The owner raises it by
               compare-and-swap. It stays revoked once a thread has exchanged it for `REVOKED`
    claimed    the owner's variable: the last sequence that it has claimed, or is about to claim

    owner                                  the thread that revokes
      stores claimed: 8                      exchanges the grant for `REVOKED`, which is a fence
      (a fence: the lock of the variable)    loads claimed: 8
      loads the grant: is 8 within it?       loads the cursor: 7, so 8 is on its way; looks again
      stores the cursor: 8; or withdraws

Either the owner finds the grant revoked, withdraws its claim, and claims as every other thread
does. Or the other thread sees the claim, and waits until the cursor has it, or it is withdrawn. So
no plain store to the cursor comes after another thread's swap. `spec/modules/Revoke.tla` is the
model. Consumers need not know of it: they read the cursor and the flags in both cases.

This needs words whose load and store is one bytecode. Then no signal handler runs between the
owner's two stores, and a handler never waits for its own thread. With other words, every thread
claims with compare-and-swap from the beginning.
"""

from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.backoff import Backoff
from ringbuffer.host import SYSTEM_HOST, Host, Thread
from ringbuffer.memory import PROCESS_MEMORY, CellView, Memory
from ringbuffer.sequencer.multi_producer import LEFT_BEHIND, MultiProducerSequencer
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT
from ringbuffer.wait import WaitStrategy

#: The grant once it is revoked: below every sequence.
REVOKED: Final = CLOSED_LIMIT


class FirstProducer(Protocol):
    """The thread that claims alone, as the sequencer sees it."""

    @property
    def thread(self) -> Thread:
        """The thread."""
        ...

    @property
    def claimed(self) -> Callable[[], int]:
        """`claimed()`: the last sequence that it has claimed or is about to claim. Any thread.

        It is beyond the cursor only while a claim is on its way.
        """
        ...


class BiasedProducerSequencer(MultiProducerSequencer):
    """A sequencer for any number of producers. The first claims alone until another one comes."""

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(buffer_size, wait_strategy, memory=memory, host=host)
        can_claim_alone = memory.words_in_one_step
        self._grant: Final = memory.cell(self.buffer_size - 1 if can_claim_alone else REVOKED)
        #: The owner, once there is one; it stays. `setdefault` decides between threads, without a
        #: lock that a signal handler could find taken by its own thread.
        self._owners: Final[dict[None, FirstProducer]] = {}

    def _after_fork(self, made_in: int) -> None:
        """In a child: the owner's next claim is as that of any other thread, which raises."""
        self._grant.store(REVOKED)
        super()._after_fork(made_in)

    def grant_view(self) -> CellView:
        """The calling thread's own access to the grant."""
        return self._grant.view()

    @property
    def is_revoked(self) -> bool:
        """Whether no thread may begin to claim alone."""
        return self._grant.load() == REVOKED

    def own(
        self, start: Callable[["BiasedProducerSequencer"], FirstProducer]
    ) -> FirstProducer | None:
        """The owner, if it is the calling thread. Otherwise no thread claims alone afterwards.

        Args:
            start: makes the operations of a thread that may become the owner.
        """
        if not self.is_revoked:
            owner = self._owners.get(None)
            if owner is None:
                owner = self._owners.setdefault(None, start(self))
            if owner.thread is self._host.current_thread():
                return owner
        self.revoke()
        return None

    def revoke(self) -> None:
        """Let no thread claim alone from now on. Any thread; may be repeated.

        Terminates because the owner runs its next bytecodes: it stores the cursor, or withdraws the
        claim. No signal handler can run between these, so a handler never waits for its own thread.
        An owner that has ended makes no claim any more, even if a debugger has ended it there. In a
        forked child the owner may have been left behind in the middle; there all claims are
        refused.
        """
        self._grant.exchange(REVOKED)
        # A thread that becomes the owner after this finds the grant revoked.
        if self.has_claim_on_its_way():
            backoff = Backoff(self._host, self.state.was_closed, None)
            while self.has_claim_on_its_way():
                backoff.pause()

    def has_claim_on_its_way(self) -> bool:
        """Whether the owner has announced a claim that it has neither made nor withdrawn."""
        owner = self._owners.get(None)
        # The claim is loaded before the cursor, which only grows.
        return (
            owner is not None
            and owner.claimed() > self._cursor.get() != LEFT_BEHIND
            and owner.thread.is_alive()
        )

    def _seal(self) -> None:
        """See `Sequencer._seal`. The owner's plain store would remove a seal, so it goes first."""
        self.revoke()
        super()._seal()
