"""`RingBufferQueue`: a queue of messages on the ring.

    producers --> [ slots ] --> the consumer whose turn it is --> taken --> producers

It is made of a sequencer, slots and one sequence:

    taken    the last message that a consumer has taken; moved under the lock of the turns; what gates the producers

A consumer takes a message by reading its slot, emptying it, and moving `taken`, in this order, so a slot is free as soon as its
message has left it, as in any queue: the handler that runs holds nothing up. Where there are no consumers, `taken` stays
where it is, and the ring fills up: nothing is lost. What a producer does, `Sender` says.

A producer that is interrupted after its claim skips what it has claimed. Its slot is empty, and passed over; or it had stored
the message before, and that is handled, as if the interrupt had come after the publication. So nobody asks what is skipped.
"""

import threading
import weakref
from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.barrier import WaitFor
from ringbuffer.errors import AlertError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory, RowView, SlotLayout, Slots, Word
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.options import InMemoryQueueOptions, ProducerMode, make_wait_strategy
from ringbuffer.messaging.queues.base import ConsumedQueue
from ringbuffer.messaging.queues.queue import Put
from ringbuffer.messaging.queues.sender import Sender
from ringbuffer.messaging.queues.turns import Taker
from ringbuffer.sequence import Sequence
from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer


class Ring:
    """A sequencer and its slots, as a source of messages. Any thread.

    Attributes:
        sequencer: who hands out the slots.
        slots: where the messages are.
        taken: the last sequence that was taken.
        passed_over: how many slots held no message, because a producer was interrupted; under the lock of the turns.
    """

    def __init__(self, options: InMemoryQueueOptions, memory: Memory, host: Host) -> None:
        kind = SingleProducerSequencer if options.producer_mode is ProducerMode.SINGLE else MultiProducerSequencer
        strategy = make_wait_strategy(options.wait_strategy, memory=memory, host=host)
        self.sequencer: Final[Sequencer] = kind(options.buffer_size, strategy, memory=memory, host=host)
        self.slots: Final[Slots[Any]] = memory.value_slots(options.buffer_size, SlotLayout.CELLS)
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
        slots = self.slots.view()
        assert isinstance(slots, RowView), "each slot is a row of its own"
        cells: Final = slots.rows
        mask: Final = len(cells) - 1
        taken: Final = self.taken.view().word
        available = taken[0]

        def take(
            beyond: int,
            # Bound here because a local is read several times as fast as what a function closes over.
            taken: Word = taken,
            cells: list[list[Any]] = cells,
            mask: int = mask,
        ) -> TransportEnvelope | None:
            nonlocal available
            # Each turn but the last passes over an empty slot.
            while True:
                current = taken[0]
                if available - current <= beyond:
                    available = published()
                    if available - current <= beyond:
                        available = current  # what is there is asked for again
                        return None
                sequence = current + 1
                cell = cells[sequence & mask]
                envelope: TransportEnvelope | None = cell[0]
                cell[0] = None
                taken[0] = sequence  # release: the slot was read and emptied before a producer may fill it again
                if envelope is not None:
                    return envelope
                ring.passed_over += 1

        def wait(taken: Word = taken, wait_for: WaitFor = wait_for) -> None:
            nonlocal available
            try:
                available = wait_for(taken[0] + 1)
            except AlertError:
                clear_alert()

        return Taker(take, wait)

    def interrupt(self) -> None:
        """See `Source`. Only the leader waits at the barrier, and it clears the alert before it asks who is to stop."""
        self._barrier.alert()


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
        self._memory: Final = memory
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
        """The calling thread's own sender. That of a consumer looks whether its handler waits for itself."""
        waiting = self.waiting_for_room if self._runs_in(self._host.thread_id()) else None
        door = self._memory.door()
        sender = Sender(self._ring.sequencer, self._ring.slots, door, self._host, self.no_room, waiting)
        with self._lock:
            self._senders = [each for each in self._senders if each() is not None]
            self._senders.append(weakref.ref(sender))
            if self._is_closing:  # after `_shut`, or before it: then it is shut twice
                door.shut()
        self._own.sender = sender
        return sender

    def _shut(self) -> None:
        """Shut the doors, then wait until nobody is inside: who had got in has published, who comes later is refused.

        The wait ends when they have: nobody announces it, so it is looked for, by `Backoff`. Producers that wait for room are
        woken by the ring's close. The caller's own sender is not in use, unless the caller is a signal handler that has
        interrupted it: it must not wait for itself.
        """
        with self._lock:
            senders = [sender for each in self._senders if (sender := each()) is not None]
        for sender in senders:
            sender.door.shut()
        self._ring.sequencer.close()
        thread = self._host.thread_id()
        for sender in senders:
            if sender.thread != thread:
                backoff = Backoff(self._host, self._host.event(), None)
                while sender.door.is_inside():
                    backoff.pause()


class _Own(threading.local):
    """What each thread that enqueues has of its own."""

    def __init__(self) -> None:
        self.sender: Sender | None = None
