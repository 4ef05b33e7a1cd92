"""`Position`: how far a handler has come, in the ring of a bus or in a channel of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ringbuffer.messaging.bus.transports.event_channel import EventChannel
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class Position(Protocol):
    """How far one handler has come with the events of its transport. Any thread.

    Attributes:
        attach: misses nothing that is published from now on; `detach` undoes it, even if
            interrupted.
        stop: hands out nothing more, if the transport serves this handler alone.
        detach: lets publishers continue without it.
    """

    attach: Callable[[], object]
    stop: Callable[[], object]
    detach: Callable[[], object]

    @property
    def waiting(self) -> int:
        """How many published events the handler has yet to finish."""
        ...

    @property
    def finished(self) -> int:
        """How many events it has finished, of those published since it was attached.

        It only grows.
        """
        ...

    @property
    def is_full(self) -> bool:
        """Whether the transport has no free capacity because of this handler."""
        ...

    def mark(self) -> int:
        """The position at which everything that is published by now is handled."""
        ...

    def has_passed(self, mark: int) -> bool:
        """Whether it has reached that position."""
        ...

    def last_sequence(self, mark: int) -> int | None:
        """The last sequence up to the mark; None if nothing can come after it."""
        ...


class ChannelPosition(Position):
    """How far a handler has come with its channel. Any thread. See `Position`."""

    def __init__(self, channel: EventChannel) -> None:
        self.channel: Final = channel
        self.stop = channel.close
        self.detach = channel.close

    @property
    def waiting(self) -> int:
        return max(0, self.channel.added - self.channel.finished)

    @property
    def finished(self) -> int:
        return self.channel.finished

    @property
    def is_full(self) -> bool:
        return self.channel.is_full

    def mark(self) -> int:
        return self.channel.added

    def has_passed(self, mark: int) -> bool:
        return self.channel.finished >= mark

    def last_sequence(self, mark: int) -> None:
        """None: the bus puts nothing into the channel of a handler that was unsubscribed."""

    def attach(self) -> None:
        """A channel misses nothing from when the bus puts into it."""


@dataclass(eq=False)
class RingPosition(Position):
    """How far a handler has come in the ring. Any thread. See `Position`.

    Attributes:
        ring: the ring.
        sequence: the handler's.
        attach: makes the sequence gate the publishers; does nothing if it gates them already.
        detach: removes the sequence from those that gate the publishers.
    """

    ring: RingBuffer[Any]
    sequence: Sequence
    attach: Callable[[], object]
    detach: Callable[[], object]

    @property
    def waiting(self) -> int:
        # In this order: what is skipped up to `last` was noted before it was published.
        last, passed = self.ring.sequencer.published(), self.sequence.get()
        return max(0, last - passed - self.ring.sequencer.state.skipped.between(passed, last))

    @property
    def finished(self) -> int:
        return self.sequence.get() + 1

    @property
    def is_full(self) -> bool:
        return self.sequence.get() + self.ring.buffer_size <= self.ring.cursor

    def mark(self) -> int:
        return self.ring.sequencer.claimed

    def has_passed(self, mark: int) -> bool:
        return self.sequence.get() >= mark

    def last_sequence(self, mark: int) -> int:
        return mark

    def stop(self) -> None:
        """The ring serves all handlers, so it continues."""
