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
import weakref
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.closing import hand_over
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.options import InMemoryQueueOptions, ProducerMode
from ringbuffer.messaging.queues.consumed_queue import ConsumedQueue
from ringbuffer.messaging.queues.queue import CloseReport, PutEnvelope
from ringbuffer.messaging.queues.ring_source import Ring
from ringbuffer.messaging.queues.sender import Sender
from ringbuffer.reentry import is_signalling


class RingBufferQueue(ConsumedQueue):
    """An `InMemoryQueue` on the ring. Any thread; with `ProducerMode.SINGLE`, one thread enqueues.

    Args:
        options: the options.
        name: the name of the queue, and the first part of its consumers' names.
        grace: how long the end of a `with` block waits for messages to be handled, in seconds, or
            a `Grace`. The default sets no limit, and 30 seconds where an exception ends the block.
        drain_at_exit: how long the end of the program waits for messages to be handled, in
            seconds, if the queue has had consumers and was never closed; None warns instead.
        memory: the source of cells, flags and slots.
        host: the source of locks, threads and time.
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
        self._memory: Final = memory
        self._senders: list[weakref.ref[Sender]] = []
        self._own: Final = _ThreadSender()
        self._is_single: Final = options.producer_mode is ProducerMode.SINGLE
        #: Accepted messages that no consumer gets: `_given_up` counts the puts that a close has
        #: completed without their messages; `_lost` counts all such messages, once that is known.
        self._given_up = self._lost = 0
        super().__init__(self._ring, host, name, grace, drain_at_exit)

    @property
    def buffer_size(self) -> int:
        """See `InMemoryQueue`."""
        return self._ring.sequencer.buffer_size

    @property
    def depth(self) -> int:
        """See `InMemoryQueue`. Never negative: `taken` is read first, and only grows."""
        taken = self._ring.taken.get()
        return min(self._ring.sequencer.published() - taken, self.buffer_size)

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
        """See `InMemoryQueue`."""
        sender = self._own.sender or self._new_sender()
        return sender.put(envelope, timeout)

    def sender(self) -> PutEnvelope:
        """See `InMemoryQueue`."""
        return (self._own.sender or self._new_sender()).put

    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        """See `ConsumedQueue`."""
        sender = self._own.sender or self._new_sender()
        return sender.try_put(envelope)

    def _new_sender(self) -> Sender:
        """A sender for the calling thread.

        In a consumer's thread it also checks whether the handler would wait for itself.
        """
        is_consumer = self._consumers.runs_in(self._host.thread_id())
        waiting = self._consumers.waiting_for_capacity if is_consumer else None
        guard = self._memory.in_flight_guard()
        sender = Sender(
            self._ring.sequencer, self._ring.slots, guard, self._host, self.no_capacity, waiting
        )
        with self._consumers.lock:
            # A comprehension with a condition must not stand in a block: see `ringbuffer.system`.
            self._senders = [*filter(_is_alive, self._senders), weakref.ref(sender)]
            if self.is_closed:  # after `_shut`, or before it: then it is shut twice
                guard.shut()
        self._own.sender = sender
        return sender

    def _shut(self, backoff: Backoff) -> None:
        """Shut the guards, then wait until no producer is inside one.

        A producer that was inside has then published, and a later one is refused. Producers do not
        signal when they leave, so this checks repeatedly. Closing the ring wakes the producers that
        wait for free capacity.

        The caller's own sender is inside only if the caller is a signal handler that has
        interrupted it. The caller does not wait for that sender, because it would wait for itself.
        """
        with self._consumers.lock:
            references = self._senders
        senders = [sender for each in references if (sender := each()) is not None]
        for sender in senders:
            sender.guard.shut()
        self._ring.sequencer.close()
        thread = self._host.thread_id()
        others = [sender for sender in senders if sender.thread != thread]
        # Terminates because each producer inside publishes or is refused, or the time is up.
        while (is_inside := any(sender.guard.is_inside() for sender in others)) and backoff.pause():
            pass
        own = self._own.sender
        if own is not None and own.guard.is_inside() and not is_inside:
            self._finish_own_put(own)

    def _finish_own_put(self, own: Sender) -> None:
        """Publish the claims of the calling thread, whose signal handler closes the queue.

        The interrupted put continues when the handler has returned, and reports its message as
        accepted. If the message is in its slot already, a consumer handles it. If not, consumers
        pass over the slot, and the message counts as discarded. Terminates because the ring refuses
        new claims, and each iteration publishes one sequence.
        """
        sequencer, slots = self._ring.sequencer, self._ring.slots.view()
        while (sequence := sequencer.published() + 1) <= sequencer.claimed:
            self._given_up += slots[sequence & (self.buffer_size - 1)] is None
            own.skip(sequence)

    def close(self, drain: bool = True, timeout: Duration | None = None) -> CloseReport:
        """See `InMemoryQueue`."""
        own = self._own.sender
        if own is not None and own.guard.is_inside() and (self._is_single or is_signalling()):
            hand_over(self._host, self._name, self._closing(drain, timeout))
        return super().close(drain, timeout)

    def _discard(self) -> None:
        """See `ConsumedQueue`. Messages that are published too late for any consumer are lost."""
        super()._discard()
        with self._followers.lock:
            self._lost = self._given_up + max(
                0, self._ring.sequencer.claimed - self._ring.taken.get()
            )


def _is_alive(reference: weakref.ref[Sender]) -> bool:
    return reference() is not None


class _ThreadSender(threading.local):
    """The sender of each thread that enqueues."""

    def __init__(self) -> None:
        self.sender: Sender | None = None
