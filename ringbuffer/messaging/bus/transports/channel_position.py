"""`ChannelPosition`: how far a handler has come with its channel."""

from typing import Final

from ringbuffer.messaging.bus.transports.event_channel import EventChannel


class ChannelPosition:
    """How far a handler has come with its channel. Any thread. See `Position`."""

    def __init__(self, channel: EventChannel) -> None:
        self.channel: Final = channel
        self.stop: Final = channel.close
        self.detach: Final = channel.close

    @property
    def waiting(self) -> int:
        """See `Position`."""
        return max(0, self.channel.added - self.channel.finished)

    @property
    def finished(self) -> int:
        """See `Position`."""
        return self.channel.finished

    @property
    def is_full(self) -> bool:
        """See `Position`."""
        return self.channel.is_full

    def mark(self) -> int:
        """See `Position`."""
        return self.channel.added

    def has_passed(self, mark: int) -> bool:
        """See `Position`."""
        return self.channel.finished >= mark

    def last_sequence(self, mark: int) -> None:
        """None: the bus puts nothing into the channel of a handler that was unsubscribed."""

    def attach(self) -> None:
        """A channel misses nothing from when the bus puts into it."""
