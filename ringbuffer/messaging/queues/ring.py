"""`RingBufferQueue`: a queue of messages on the ring.

    producers --> [ slots ] --> the consumer whose turn it is --> taken --> producers

It is made of a sequencer, slots and one sequence:

    taken    the last message that a consumer has taken; moved under the lock of the turns; what gates the producers

A consumer takes a message by reading its slot, emptying it, and moving `taken`, in this order, so a slot is free as soon as its
message has left it, as in any queue: the handler that runs holds nothing up. Where there are no consumers, `taken` stays
where it is, and the ring fills up: nothing is lost.

What a producer does: it looks whether the queue is closed, claims, stores, publishes. It does so under a lock of its own,
which no other producer touches, so that `close` can wait until nobody is between the look and the publication: afterwards
every message that was accepted is there to be taken, and no more will come.
"""

import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import check_timeout
from ringbuffer.errors import AlertError, ClaimTimeoutError, InsufficientCapacityError, RingBufferClosedError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory, Slots
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.options import InMemoryQueueOptions, ProducerMode, make_wait_strategy
from ringbuffer.messaging.queues.base import ConsumedQueue
from ringbuffer.messaging.queues.queue import Put
from ringbuffer.messaging.queues.turns import Taker
from ringbuffer.producer.claim import give_up
from ringbuffer.readers import SlotReader
from ringbuffer.sequence import Sequence
from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer

#: What `closed` holds.
OPEN: Final = 0
CLOSED: Final = 1


class Ring:
    """A sequencer and its slots, as a source of messages. Any thread.

    Attributes:
        sequencer: who hands out the slots.
        slots: where the messages are.
        taken: the last sequence that was taken.
        passed_over: how many sequences hold no message, because a producer was interrupted; under the lock of the turns.
    """

    def __init__(self, options: InMemoryQueueOptions, memory: Memory, host: Host) -> None:
        kind = SingleProducerSequencer if options.producer_mode is ProducerMode.SINGLE else MultiProducerSequencer
        strategy = make_wait_strategy(options.wait_strategy, memory=memory, host=host)
        self.sequencer: Final[Sequencer] = kind(options.buffer_size, strategy, memory=memory, host=host)
        self.slots: Final[Slots[Any]] = memory.value_slots(options.buffer_size)
        self.taken: Final = Sequence(memory=memory)
        self.passed_over = 0
        self._barrier: Final = self.sequencer.new_barrier()
        self.sequencer.add_gating_sequences(self.taken)

    def taker(self) -> Taker:
        """See `Source`.

        Each taker has its own knowledge of what is published, and asks again only when it has taken all of that. It may be
        lapped while it asks; then it finds less than there is, never more, and the next look begins where `taken` is.
        """
        ring, clear_alert = self, self._barrier.clear_alert
        view = self._barrier.view()
        published, wait_for = view.available, view.wait_for
        slots: Final = self.slots.view()
        mask: Final = len(slots) - 1
        taken: Final = self.taken.view().word
        reader: Final[SlotReader[Any]] = SlotReader(slots, self.sequencer.state.skipped.view())
        available = taken[0]
        has_skipped = False

        def take(beyond: int) -> TransportEnvelope | None:
            nonlocal available, has_skipped
            # Each turn but the last passes over a skipped sequence.
            while True:
                current = taken[0]
                if available - current <= beyond:
                    available = published()
                    has_skipped = reader.skips(available)
                    if available - current <= beyond:
                        return None
                sequence = current + 1
                envelope: TransportEnvelope = slots[sequence & mask]
                slots[sequence & mask] = None
                taken[0] = sequence  # release: the slot was read and emptied before a producer may fill it again
                if not has_skipped or reader.pieces(sequence, sequence):
                    return envelope
                ring.passed_over += 1

        def wait() -> None:
            try:
                wait_for(taken[0] + 1)
            except AlertError:
                clear_alert()

        return Taker(take, wait)

    def interrupt(self) -> None:
        """See `Source`. Only the leader waits at the barrier, and it clears the alert before it asks who is to stop."""
        self._barrier.alert()


class Sender:
    """A producing thread's own way into the ring. Owning thread only, but for the lock.

    Attributes:
        lock: held while the thread is between its look at `closed` and the publication.
        thread: the number of the thread.
        put: `put(envelope, timeout)`, True, or False if the queue is closed; `TimeoutError` if there is no room in time.
        try_put: `try_put(envelope)`, the same, None if there is no room.
    """

    __slots__ = ("__weakref__", "lock", "put", "thread", "try_put")

    def __init__(self, ring: Ring, closed: Sequence, host: Host, no_room: Callable[[float | None], TimeoutError]) -> None:
        barrier = ring.sequencer.producer_barrier()
        next_, try_next, publish = barrier.next, barrier.try_next, barrier.publish
        slots = ring.slots.view()
        mask = len(slots) - 1
        is_closed = closed.view().word
        lock = host.lock()

        def put(envelope: TransportEnvelope, timeout: float | None = None) -> bool:
            if envelope.__class__ is not TransportEnvelope:
                check_envelope(envelope)
            with lock:
                if is_closed[0] != OPEN:
                    return False
                try:
                    sequence = next_(1, timeout)
                except RingBufferClosedError:
                    return False
                except ClaimTimeoutError:
                    raise no_room(timeout) from None
                try:
                    slots[sequence & mask] = envelope
                    publish(sequence)
                except BaseException as error:
                    give_up(barrier, sequence, sequence, error)
                    raise
            return True

        def try_put(envelope: TransportEnvelope) -> bool | None:
            if envelope.__class__ is not TransportEnvelope:
                check_envelope(envelope)
            with lock:
                if is_closed[0] != OPEN:
                    return False
                try:
                    sequence = try_next()
                except RingBufferClosedError:
                    return False
                except InsufficientCapacityError:
                    return None
                try:
                    slots[sequence & mask] = envelope
                    publish(sequence)
                except BaseException as error:
                    give_up(barrier, sequence, sequence, error)
                    raise
            return True

        self.lock: Final = lock
        self.thread: Final = host.thread_id()
        self.put: Put = put
        self.try_put: Final[Callable[[TransportEnvelope], bool | None]] = try_put


class RingBufferQueue(ConsumedQueue):
    """An `InMemoryQueue` on the ring. Any thread; with `ProducerMode.SINGLE`, one thread enqueues.

    Args:
        options: all of them are used.
        name: what its consumers are called after.
        memory: what provides cells, flags and slots.
        host: what provides locks, threads and time.
    """

    def __init__(
        self,
        options: InMemoryQueueOptions,
        *,
        name: str = "queue",
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._ring: Final = Ring(options, memory, host)
        self._closed: Final = Sequence(OPEN, memory=memory)
        self._senders: list[weakref.ref[Sender]] = []
        self._own: Final = _Own()
        super().__init__(self._ring, host, name)

    @property
    def buffer_size(self) -> int:
        """See `InMemoryQueue`."""
        return self._ring.sequencer.buffer_size

    @property
    def depth(self) -> int:
        """See `InMemoryQueue`. Never negative: `taken` is read first, and may move on before the other."""
        taken = self._ring.taken.get()
        return min(self._ring.sequencer.published() - taken, self.buffer_size)

    @property
    def message_count(self) -> int:
        """See `InMemoryQueue`. Nothing counts: it is what is published."""
        with self._turns.lock:
            return self._ring.sequencer.published() + 1 - self._ring.passed_over

    @property
    def dropped(self) -> int:
        """See `InMemoryQueue`: none, ever."""
        return 0

    @property
    def _taken(self) -> int:
        return self._ring.taken.get() + 1 - self._ring.passed_over

    def enqueue_sync(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """See `InMemoryQueue`."""
        sender = self._own.sender or self._new_sender()
        return sender.put(envelope, timeout)

    def sender(self) -> Put:
        """See `InMemoryQueue`."""
        return (self._own.sender or self._new_sender()).put

    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        """See `ConsumedQueue`."""
        sender = self._own.sender or self._new_sender()
        return sender.try_put(envelope)

    def _new_sender(self) -> Sender:
        """The calling thread's own sender. That of a consumer, whose handler enqueues, looks before it waits for room."""
        sender = Sender(self._ring, self._closed, self._host, self.no_room)
        if self._runs_in(sender.thread):
            sender.put = self._careful(sender.put, sender.try_put)
        with self._lock:
            self._senders = [each for each in self._senders if each() is not None]
            self._senders.append(weakref.ref(sender))
        self._own.sender = sender
        return sender

    def _careful(self, put: Put, try_put: Callable[[TransportEnvelope], bool | None]) -> Put:
        """`put` for a handler, which may wait for itself."""

        def careful(envelope: TransportEnvelope, timeout: float | None = None) -> bool:
            limit = None if timeout is None else check_timeout(timeout)
            if (accepted := try_put(envelope)) is not None:
                return accepted
            with self.waiting_for_room(limit):
                return put(envelope, limit)

        return careful

    def _shut(self) -> None:
        """Close, then take each sender's lock once: who had looked before has published, who looks later is refused.

        Producers that wait for room hold their lock, and are woken by the close. The caller's own sender is not in use, unless
        the caller is a signal handler that has interrupted it: it must not wait for itself.
        """
        self._closed.set(CLOSED)
        self._ring.sequencer.close()
        with self._lock:
            senders = [sender for each in self._senders if (sender := each()) is not None]
        thread = self._host.thread_id()
        for sender in senders:
            if sender.thread != thread:
                with sender.lock:
                    pass


class _Own(threading.local):
    """What each thread that enqueues has of its own."""

    def __init__(self) -> None:
        self.sender: Sender | None = None
