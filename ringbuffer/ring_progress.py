"""`RingProgress`: what a ring knows through its sequencer: how far it is, what is free, its end."""

from ringbuffer.errors import RingBufferClosedError
from ringbuffer.sequencer import Sequencer


class RingProgress:
    """The part of a ring that only its sequencer answers. Any thread."""

    _sequencer: Sequencer

    @property
    def buffer_size(self) -> int:
        """Slots in the ring."""
        return self._sequencer.buffer_size

    @property
    def sequencer(self) -> Sequencer:
        """The sequencer, for code that works below the ring."""
        return self._sequencer

    @property
    def cursor(self) -> int:
        """Single producer: the last sequence published. Several: the last sequence claimed."""
        return self._sequencer.cursor

    @property
    def minimum_gating_sequence(self) -> int:
        """The lowest gating sequence: up to it, slots are free. The cursor if nothing gates."""
        return self._sequencer.minimum_gating_sequence

    def remaining_capacity(self) -> int:
        """Slots that could be claimed at this moment, from 0 to the size of the ring."""
        return self._sequencer.remaining_capacity()

    def has_available_capacity(self, n: int) -> bool:
        """Whether `n` slots could be claimed now.

        Raises:
            ValueError: `n` is not from 1 to the size of the ring.
        """
        return self._sequencer.has_available_capacity(n)

    def is_available(self, sequence: int) -> bool:
        """Whether `sequence` is published and its slot has not been claimed again."""
        return self._sequencer.is_available(sequence)

    @property
    def is_closed(self) -> bool:
        """Whether the ring refuses all further claims."""
        return self._sequencer.is_closed

    def close(self, error: RingBufferClosedError | None = None) -> None:
        """Refuse all further claims, and wake the producers that wait for capacity with an error.

        See `Sequencer.close`.
        """
        self._sequencer.close(error)
