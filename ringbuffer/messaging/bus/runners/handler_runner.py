"""`HandlerRunner`: what calls a handler, as a bus and a subscription see it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ringbuffer.messaging.bus.transports.positions import Position

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.subscription import Subscription
    from ringbuffer.messaging.bus.subscription_filter import SubscriptionFilter


class HandlerRunner:
    """Passes events to one handler, in a thread or a task. Any thread.

    Args:
        subscription: the subscription of the handler.
        filter: what chooses the handler's events.
        position: how far the handler has come.

    Attributes:
        failure: what it died of; None while it lives. No publisher waits for a dead runner.
        filter, position: see above.
        start: begins; or raises, and leaves nothing behind, if something that it needs is missing.
        stop: stops after the current batch, or a coroutine function's current event; returns at
            once.
        join: waits until it has stopped, as many seconds at most; returns whether it has.
    """

    start: Callable[[], object]
    stop: Callable[[], object]
    join: Callable[[float | None], bool]
    _threads: tuple[int, ...] = ()

    def __init__(
        self, subscription: "Subscription", filter: "SubscriptionFilter", position: Position
    ) -> None:
        self.failure: BaseException | None = None
        self.filter: Final = filter
        self.position: Final = position
        self._subscription: Final = subscription

    @property
    def threads(self) -> tuple[int, ...]:
        """The identifiers of the threads that work for it; empty if they are unknown."""
        return self._threads

    @property
    def task(self) -> object:
        """The task that handles the events; None if a thread does."""
        return None

    def die(self, failure: BaseException) -> None:
        """Note the error that has ended the runner, and report it to the bus.

        In the runner's own thread or task.
        """
        self.failure = failure
        self._subscription.died(failure)

    def has_passed(self, mark: int) -> bool:
        """Whether its position has passed a mark, or it has died and never will."""
        return self.position.has_passed(mark) or self.failure is not None

    def end_at(self, mark: int) -> None:
        """Pass on nothing that is published after that mark."""
        self.filter.last = self.position.last_sequence(mark)

    def blocks(self) -> bool:
        """Whether there is no free capacity because of it."""
        return self.failure is None and self.position.is_full

    def abort(self) -> None:
        """Cancel the current event, if a coroutine handles it: a thread cannot be cancelled."""
