"""`RingPosition`: how far a handler has come in the ring of a bus."""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class RingPosition:
    """How far a handler has come in the ring. Any thread. See `Position`.

    Args:
        ring: the ring.
        sequence: the handler's.
        attach: makes the sequence gate the publishers; does nothing if it gates them already.
        detach: removes the sequence from those that gate the publishers.
    """

    def __init__(
        self,
        ring: RingBuffer[Any],
        sequence: Sequence,
        attach: Callable[[], object],
        detach: Callable[[], object],
    ) -> None:
        self._ring: Final = ring
        self._sequence: Final = sequence
        self._attach: Final = attach
        self._detach: Final = detach

    @property
    def waiting(self) -> int:
        """See `Position`."""
        # In this order: what is skipped up to `last` was noted before it was published.
        last, passed = self._ring.sequencer.published(), self._sequence.get()
        return max(0, last - passed - self._ring.sequencer.state.skipped.between(passed, last))

    @property
    def finished(self) -> int:
        """See `Position`."""
        return self._sequence.get() + 1

    @property
    def is_full(self) -> bool:
        """See `Position`."""
        return self._sequence.get() + self._ring.buffer_size <= self._ring.cursor

    def mark(self) -> int:
        """See `Position`."""
        return self._ring.sequencer.claimed

    def has_passed(self, mark: int) -> bool:
        """See `Position`."""
        return self._sequence.get() >= mark

    def last_sequence(self, mark: int) -> int:
        """See `Position`."""
        return mark

    def attach(self) -> None:
        """See `Position`."""
        self._attach()

    def stop(self) -> None:
        """The ring serves all handlers, so it continues."""

    def detach(self) -> None:
        """See `Position`."""
        self._detach()
