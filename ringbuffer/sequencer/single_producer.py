"""`SingleProducerSequencer`: one thread claims and publishes, without an atomic read-modify-write until it must look for room.

Shared words, written by the producing thread with plain ordered stores:

    cursor    the last sequence published: what consumers wait for
    limit     the last sequence known to be free (see `RingState`)

The last sequence claimed is the producing thread's own business: nobody coordinates by it.

A claim compares with `limit` and, once a lap or less, looks at the consumers. Publishing is one store-release, after
the event was written: who loads the cursor with acquire sees the event.
"""

from typing import Final

from ringbuffer.errors import ProducerThreadError
from ringbuffer.host import SYSTEM_HOST, Host, Thread
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.producer_barrier import ProducerBarrier
from ringbuffer.sequencer.sequencer import Sequencer
from ringbuffer.sequencer.single_production import Production, PublishedCursor, lent, start_production
from ringbuffer.wait import WaitStrategy


class SingleProducerSequencer(Sequencer):
    """A sequencer for one producing thread at a time (LMAX Disruptor, `SingleProducerSequencer`).

    The first thread that asks for a producer barrier owns the ring's production until it releases it or ends; another
    thread that asks meanwhile gets a `ProducerThreadError`.
    """

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
        self._producer: Production | None = None
        self._claimed_before: int = INITIAL_SEQUENCE
        #: The owner's: sequences (lowest: highest) to be skipped when what was claimed before them is published.
        self._skipped_early: Final[dict[int, int]] = {}

    @property
    def claimed(self) -> int:
        """The last sequence that the producer has claimed, as of a moment ago."""
        producer = self._producer
        return self._claimed_before if producer is None else producer.claimed()

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        return max(self.claimed - self.buffer_size, -1) < sequence <= self.cursor

    def published_view(self) -> PublishedCursor:
        """The calling thread's own knowledge of what is published: the cursor."""
        return PublishedCursor(self._cursor.view())

    def published(self) -> int:
        """The cursor."""
        return self._cursor.get()

    def producer_barrier(self) -> ProducerBarrier:
        """A way to claim and publish for the calling thread, which from now on owns the production.

        Raises:
            ProducerThreadError: another thread owns it, and lives.
        """
        thread = self._host.current_thread()
        with self._owner_lock:
            producer = self._producer
            if producer is not None and producer.thread is not thread:
                if producer.thread.is_alive():
                    raise wrong_thread(producer.thread, thread)
                self._retire(producer)
                producer = None
            if producer is None:
                producer = self._producer = self._start_production(thread)
            return producer.barrier

    def _start_production(self, thread: Thread) -> Production:
        return start_production(
            self.state,
            self.wait_strategy,
            thread,
            self._claimed_before,
            self._cursor.view(),
            self._skipped_early,
            self._refusal,
        )

    def release_producer(self) -> None:
        """Let another thread produce from now on; what this one did before is visible to that one.

        The barrier that the caller had is of no more use, not even to the caller: whoever uses it gets an error.

        Raises:
            ProducerThreadError: another thread than the caller owns the production.
            RuntimeError: the caller is in a loop of `publish_each`.
        """
        thread = self._host.current_thread()
        with self._owner_lock:
            producer = self._producer
            if producer is None:
                return
            if producer.thread is not thread:
                raise wrong_thread(producer.thread, thread)
            if producer.is_lent():
                raise lent("release the producer")
            self._retire(producer)
            self._producer = None

    def _retire(self, producer: Production) -> None:
        """Keep how far a producer claimed, and make its functions refuse: its thread is the caller, or has ended."""
        self._claimed_before = producer.claimed()
        producer.retire()

    def _refusal(self) -> ProducerThreadError:
        """What the calling thread gets that uses a producer barrier which is not, or no longer, its own."""
        producer = self._producer
        return wrong_thread(None if producer is None else producer.thread, self._host.current_thread())


def wrong_thread(owner: Thread | None, caller: Thread) -> ProducerThreadError:
    """What a thread gets that produces without owning the production."""
    if owner is None:
        whose = "no thread owns its production now"
    elif owner is caller:
        whose = "this handle of it was released"
    else:
        whose = f"that is thread {owner.name!r}"
    return ProducerThreadError(
        f"thread {caller.name!r} cannot produce: this ring has a single producer, and {whose}. Call producer() in the "
        f"thread that produces, after the former one released it; or build the ring with ProducerType.MULTI"
    )
