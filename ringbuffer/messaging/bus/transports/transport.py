"""`Transport`: what a bus needs to know of how events travel to its handlers."""

from collections.abc import Callable, Iterable
from typing import Protocol

from ringbuffer.checks import Duration
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.subscription import Subscription


class Transport(Protocol):
    """Carries items to handlers: events as they are, or in a `TrackedEvent`. Any thread."""

    def offer(self, item: object) -> bool:
        """Publish an item if there is free capacity now; return whether there was."""
        ...

    def put(self, item: object, timeout: Duration | None, /) -> object:
        """Publish an item, waiting for capacity. The errors are those of `publish_sync`."""
        ...

    def put_all(self, items: Iterable[object], timeout: Duration | None) -> int:
        """Publish many items, waiting for capacity; return how many."""
        ...

    def own_put(self) -> Callable[[object, Duration | None], object]:
        """A function that does what `put` does for the calling thread alone, faster if possible."""
        ...

    @property
    def published(self) -> int:
        """How many items were published, including those that were published again."""
        ...

    def runner_for(self, subscription: Subscription) -> HandlerRunner:
        """What passes a new handler everything that is published from now on, not yet started.

        If it raises, it leaves nothing behind.
        """
        ...

    def handlers_changed(self, subscriptions: tuple[Subscription, ...]) -> None:
        """Carry items to these handlers from now on; dead ones among them receive nothing more.

        The caller holds the lock of the handlers. A second call with the same handlers changes
        nothing.
        """
        ...

    def shut(self) -> None:
        """Accept no more items, not even those published again; waiting publishers get an error.

        A second call changes nothing.
        """
        ...
