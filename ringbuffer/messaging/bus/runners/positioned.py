"""`PositionedRunner`: what all runners have in common: a filter, a position, and a failure."""

from typing import Final, Protocol

from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.subscription_filter import SubscriptionFilter


class Position(Protocol):
    """How far one handler has come with the events of its transport. Any thread."""

    @property
    def waiting(self) -> int:
        """How many published events the handler has yet to finish."""
        ...

    @property
    def finished(self) -> int:
        """How many events it has finished. It only grows."""
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

    def attach(self) -> None:
        """Miss nothing that is published from now on."""
        ...

    def stop(self) -> None:
        """Hand out nothing more, if the transport serves this handler alone."""
        ...

    def detach(self) -> None:
        """Let publishers continue without it."""
        ...


class PositionedRunner:
    """A `HandlerRunner`, but for how it calls the handler. Any thread.

    Args:
        subscription: the subscription of the handler.
        filter: what chooses the handler's events.
        position: how far the handler has come.

    Attributes:
        failure: what the runner died of; None while it lives.
    """

    def __init__(
        self, subscription: Subscription, filter: SubscriptionFilter, position: Position
    ) -> None:
        self.failure: BaseException | None = None
        self.filter: Final = filter
        self.position: Final = position
        self._subscription: Final = subscription

    def die(self, failure: BaseException) -> None:
        """Note the error that has ended the runner, and report it to the bus.

        In the runner's own thread or task.
        """
        self.failure = failure
        self._subscription.died(failure)

    @property
    def waiting(self) -> int:
        """See `HandlerRunner`."""
        return self.position.waiting

    @property
    def finished(self) -> int:
        """See `HandlerRunner`."""
        return self.position.finished

    def attach(self) -> None:
        """See `HandlerRunner`."""
        self.position.attach()

    def mark(self) -> int:
        """See `HandlerRunner`."""
        return self.position.mark()

    def has_passed(self, mark: int) -> bool:
        """See `HandlerRunner`."""
        return self.position.has_passed(mark) or self.failure is not None

    def end_at(self, mark: int) -> None:
        """See `HandlerRunner`."""
        self.filter.last = self.position.last_sequence(mark)

    def blocks(self) -> bool:
        """See `HandlerRunner`."""
        return self.failure is None and self.position.is_full

    def detach(self) -> None:
        """See `HandlerRunner`."""
        self.position.detach()
