"""`MultiProducerSequencer`: threads claim with compare-and-swap, and publish slot by slot.

Shared words:

    cursor    the last sequence claimed; only a compare-and-swap changes it; sealed when the ring is
              closed (see `seal.py`)
    flags     for each slot the parity of the lap it was last published in
    limit     the last sequence known to be free (see `RingState`)

Why the parity of the lap is enough. Lap L of a slot is claimed only after lap L-1 of it was
published. So while a reader asks about the slot in lap L, its flag says L or L-1, which differ in
parity. Before the first lap the flags hold the parity of lap -1, which is 1, as if the lap before
the first were published.

Why compare-and-swap and not fetch-and-add. Capacity is confirmed *before* the cursor moves. So a
claim that is refused or times out leaves no gap, and the cursor never runs more than a ring ahead
of a gating sequence. With fetch-and-add, a producer takes its slots before it knows that they are
free, and it cannot give them up. See `ringbuffer.producer.multi` for what a producing thread does.
"""

from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, FlagView, Memory
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.published_flags import PublishedFlags, parity
from ringbuffer.sequencer.seal import claimed_of, seal
from ringbuffer.sequencer.sequencer import Sequencer
from ringbuffer.wait import WaitStrategy

#: The flag of a slot that was never published: the parity of lap -1.
NEVER: Final = 1

#: The cursor in a child after a fork: below every sequence that can be claimed.
LEFT_BEHIND: Final = -(1 << 62)


class MultiProducerSequencer(Sequencer):
    """A sequencer for any number of producers (LMAX Disruptor, `MultiProducerSequencer`)."""

    def __init__(
        self,
        buffer_size: int,
        wait_strategy: WaitStrategy | None = None,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(buffer_size, wait_strategy, memory=memory, host=host)
        self._flags: Final = memory.flags(self.buffer_size, NEVER)

    def _after_fork(self, made_in: int) -> None:
        """In a child: the cursor is below every sequence, so that nothing can be published."""
        self._cursor.set(LEFT_BEHIND)

    @property
    def claimed(self) -> int:
        """The last sequence claimed: the cursor without its seal. Final once `close` returns."""
        return claimed_of(self._cursor.get())

    @property
    def cursor(self) -> int:
        """The last sequence claimed."""
        return self.claimed

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        size = self.buffer_size
        flag = self._flags.view().items[sequence & (size - 1)] if sequence >= 0 else NEVER
        # The cursor is read after the flag. So it shows whether the slot was claimed again before
        # the flag was read.
        claimed = self.claimed
        is_last_claim = max(claimed - size, INITIAL_SEQUENCE) < sequence <= claimed
        return is_last_claim and flag == parity(sequence, size)

    def published_view(self) -> PublishedFlags:
        """The calling thread's own view of what is published."""
        return PublishedFlags(self._cursor.view(), self._flags.view(), self.buffer_size)

    def published(self) -> int:
        """The highest sequence published without a gap at some moment of the call. Any thread.

        A caller that does not gate the producers may be lapped while it searches. The flag of a
        slot that is published again then looks like the flag of an unpublished slot. So the cursor
        is read again: if the slot after the prefix was not claimed again, its flag has not changed.
        Terminates because each iteration but the last means that producers have gone a lap ahead.
        """
        view = self.published_view()
        while True:
            published = view.get()
            if self.claimed <= published + self.buffer_size:
                return published

    def flag_view(self) -> FlagView:
        """The calling thread's own access to the flags."""
        return self._flags.view()

    def _seal(self) -> None:
        """See `Sequencer._seal`."""
        seal(self._cursor)
