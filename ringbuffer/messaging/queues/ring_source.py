"""`Ring`: a sequencer and its slots, as a source of messages."""

from typing import Any, Final

from ringbuffer.barrier import WaitFor
from ringbuffer.errors import AlertError
from ringbuffer.host import Host
from ringbuffer.memory import Memory, SlotLayout, Slots, StripedSlots, Word, range_clearer
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.options import InMemoryQueueOptions, ProducerMode, make_wait_strategy
from ringbuffer.messaging.queues.source import Dequeuer, share
from ringbuffer.sequence import INITIAL_SEQUENCE, Sequence
from ringbuffer.sequencer import Sequencer, SingleProducerSequencer
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer


class Ring:
    """A sequencer and its slots, as a source of messages. Any thread.

    Attributes:
        sequencer: the sequencer of the ring.
        slots: the messages.
        taken: the last sequence that a consumer has taken.
        passed_over: how many slots consumers have found empty, because a producer was interrupted.
            The dequeue lock protects it.
    """

    def __init__(self, options: InMemoryQueueOptions, memory: Memory, host: Host) -> None:
        kind = (
            SingleProducerSequencer
            if options.producer_mode is ProducerMode.SINGLE
            else BiasedProducerSequencer
        )
        strategy = make_wait_strategy(options.wait_strategy, memory=memory, host=host)
        self.sequencer: Final[Sequencer] = kind(
            options.buffer_size, strategy, memory=memory, host=host
        )
        self.slots: Final[Slots[Any]] = memory.value_slots(options.buffer_size, SlotLayout.PER_SLOT)
        self.taken: Final = Sequence(memory=memory)
        self.passed_over = 0
        self._barrier: Final = self.sequencer.new_barrier()
        self.sequencer.add_gating_sequences(self.taken)

    def dequeuer(self) -> Dequeuer:
        """See `Source`.

        Each dequeuer remembers the highest published sequence that it has seen, and reads again
        only when all messages up to it are taken. If producers lap it during that read, it finds
        fewer messages than there are, never more; its next read begins at `taken`.
        """
        ring, clear_alert = self, self._barrier.clear_alert
        view = self._barrier.view()
        published, wait_for = view.available, view.wait_for
        slots = self.slots.view()
        assert isinstance(slots, StripedSlots), "each slot is a row of its own"
        cells: Final = slots.rows
        mask: Final = len(cells) - 1
        taken: Final = self.taken.view().word
        available = taken[0]
        last = INITIAL_SEQUENCE

        def take(
            beyond: int,
            # Bound here because a local is read several times as fast as a variable of the
            # enclosing function.
            taken: Word = taken,
            cells: list[list[Any]] = cells,
            mask: int = mask,
        ) -> TransportEnvelope | None:
            nonlocal available, last
            # Terminates because each iteration but the last passes over an empty slot.
            while True:
                current = taken[0]
                if available - current <= beyond:
                    available = published()
                    if available - current <= beyond:
                        available = current  # so that the next call reads again
                        return None
                sequence = current + 1
                cell = cells[sequence & mask]
                envelope: TransportEnvelope | None = cell[0]
                cell[0] = None
                # Release: the slot was read and emptied before a producer may fill it again
                taken[0] = sequence
                if envelope is not None:
                    last = sequence
                    return envelope
                ring.passed_over += 1

        clear, skipped = range_clearer(slots), self.sequencer.state.skipped

        def take_many(beyond: int, others: int, most: int) -> list[TransportEnvelope] | None:
            nonlocal available, last
            # Terminates because each iteration but the last passes over empty slots.
            while True:
                current = taken[0]
                # Look again, too, if more messages than it has seen would make a larger share.
                if available - current < max(beyond + 1, most * (others + 1)):
                    available = published()
                    if available - current <= beyond:
                        available = current  # so that the next call reads again
                        return None
                end = current + share(available - current, others, most)
                batch: list[TransportEnvelope]
                (batch,) = clear(current + 1, end)  # one list: each slot is a row of its own
                # Release: the slots were read and emptied before a producer may fill them again
                taken[0] = end
                if skipped.between(current, end):  # an empty slot was skipped
                    batch = [each for each in batch if each is not None]
                    ring.passed_over += end - current - len(batch)
                if batch:
                    last = end
                    return batch

        def wait(taken: Word = taken, wait_for: WaitFor = wait_for) -> None:
            nonlocal available
            try:
                available = wait_for(taken[0] + 1)
            except AlertError:
                clear_alert()

        return Dequeuer(take, take_many, wait, lambda: last + 1)

    def count_empty(self, published: int) -> int:
        """How many slots up to `published` are empty although no consumer has taken them.

        The caller holds the dequeue lock, so no consumer takes a message meanwhile. An interrupted
        put records its sequence as skipped before it publishes it. So this reads the slots only
        after such a put. A skipped slot may hold a message.
        """
        taken = self.taken.get()
        if not self.sequencer.state.skipped.between(taken, published):
            return 0
        slots, mask = self.slots.view(), self.sequencer.buffer_size - 1
        unread = range(taken + 1, published + 1)
        return sum(slots[sequence & mask] is None for sequence in unread)

    def interrupt(self) -> None:
        """See `Source`.

        Only the leader waits at the barrier. It clears the alert before it checks whether it is to
        stop.
        """
        self._barrier.alert()
