"""`RingBufferQueue`: a queue of messages on the ring.

    producers --> [ slots ] --> the next consumer --> taken --> producers

It consists of a sequencer, slots and one sequence:

    taken    the last message that a consumer has taken. The consumer that holds the dequeue lock
             moves it. It gates the producers

A consumer takes a message in this order: it reads the slot, empties it, and moves `taken`. So a
producer may use the slot again while the handler still runs. Without consumers, `taken` does not
move, and the ring fills up: no message is lost. `Sender` describes the producers.

A producer that is interrupted after its claim skips the claimed sequence. If it had not stored its
message, the slot is empty, and consumers pass over it. If it had, a consumer handles the message,
as after an interrupt that came after the publication. So consumers do not check which sequences are
skipped.
"""

import threading
from collections.abc import Iterable
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.closing import hand_over
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.options import InMemoryQueueOptions
from ringbuffer.messaging.queues.consumed_queue import ConsumedQueue
from ringbuffer.messaging.queues.enqueue_many import enqueue_in_chunks
from ringbuffer.messaging.queues.queue import CloseReport, PutEnvelope
from ringbuffer.messaging.queues.ring_source import Ring
from ringbuffer.messaging.queues.sender import Sender, new_sender
from ringbuffer.reentry import is_publishing


class RingBufferQueue(ConsumedQueue):
    """An `InMemoryQueue` on the ring. Any thread; with `ProducerMode.SINGLE`, one thread enqueues.

    Args:
        options: the options.
        name, grace, drain_at_exit, memory, host: see `create_queue`.
    """

    def __init__(
        self,
        options: InMemoryQueueOptions,
        *,
        name: str = "queue",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._ring: Final = Ring(options, memory, host)
        self._own: Final = _ThreadSender()
        #: Whether a close has given up waiting for claims to be published; and how many accepted
        #: messages no consumer gets, because they were published too late.
        self._has_open_claims = False
        self._lost = 0
        super().__init__(self._ring, host, name, grace, drain_at_exit)

    @property
    def buffer_size(self) -> int:
        return self._ring.sequencer.buffer_size

    @property
    def depth(self) -> int:
        """See `InMemoryQueue`. Never negative: `taken` is read first, and only grows."""
        taken = self._ring.taken.get()
        waiting = min(self._ring.sequencer.published() - taken, self.buffer_size)
        return waiting + len(self._followers.returned)

    @property
    def message_count(self) -> int:
        """See `InMemoryQueue`. It is the number of published slots without the empty ones."""
        with self._followers.lock:
            published = self._ring.sequencer.published()
            return published + 1 - self._ring.passed_over - self._ring.count_empty(published)

    @property
    def dropped(self) -> int:
        """See `InMemoryQueue`. Always 0."""
        return 0

    @property
    def _taken(self) -> int:
        return self._ring.taken.get() + 1 - self._ring.passed_over + self._lost

    def enqueue_sync(self, envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        return (self._own.sender or self._new_sender()).put(envelope, timeout)

    def sender(self) -> PutEnvelope:
        return (self._own.sender or self._new_sender()).put

    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        return (self._own.sender or self._new_sender()).try_put(envelope)

    def enqueue_many(
        self, messages: Iterable[TransportEnvelope], timeout: Duration | None = None
    ) -> int:
        """See `InMemoryQueue`. A chunk is enqueued whole, or not at all."""
        sender = self._own.sender or self._new_sender()
        return enqueue_in_chunks(messages, timeout, self.buffer_size, sender.put_chunk, self._host)

    def _new_sender(self) -> Sender:
        """A sender for the calling thread.

        In a consumer's thread it also checks whether the handler would wait for itself.
        """
        ring, is_consumer = self._ring, self._consumers.runs_in(self._host.thread_id())
        waiting = self._consumers.waiting_for_capacity if is_consumer else None
        sender = self._own.sender = new_sender(
            ring.sequencer, ring.slots, self.no_capacity, waiting
        )
        return sender

    def _shut(self, backoff: Backoff) -> None:
        """Close the ring, then wait until everything that was claimed is published.

        Closing the ring wakes the producers that wait for free capacity. Producers send no signal
        when they publish, so this checks repeatedly. Terminates because each producer that has
        claimed publishes, or the time is up. The caller is not one of these: see `close`.
        """
        sequencer = self._ring.sequencer
        sequencer.close()
        while (is_open := sequencer.published() < sequencer.claimed) and backoff.pause():
            pass
        self._has_open_claims = is_open

    def close(self, drain: bool = True, timeout: Duration | None = None) -> CloseReport:
        state = self._ring.sequencer.state
        if is_publishing(state, state.skipped):
            hand_over(self._host, self._name, self._closing(drain, timeout))
        return super().close(drain, timeout)

    def _discard(self) -> None:
        """See `ConsumedQueue`. Messages that are published too late for any consumer are lost.

        If `_shut` has seen everything published, none is lost. `claimed` may go beyond that for a
        moment, while a producer announces a claim and finds the ring closed.
        """
        super()._discard()
        if self._has_open_claims:
            with self._followers.lock:
                self._lost = max(0, self._ring.sequencer.claimed - self._ring.taken.get())


class _ThreadSender(threading.local):
    """The sender of each thread that enqueues."""

    def __init__(self) -> None:
        self.sender: Sender | None = None
