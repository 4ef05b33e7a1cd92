"""`SubscriptionFilter`: the events of a batch that a handler wants, and what became of them.

The class of an event decides whether a handler wants it. A batch has few classes, so they are
collected first, at the speed of C. The usual batch has only wanted events, and goes to the handler
as it is.
"""

import contextlib
from collections.abc import Iterator
from typing import Final

from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.tracked_event import TrackedEvent
from ringbuffer.messaging.delivery import Delivery, RetryLater
from ringbuffer.messaging.pipeline.logs import logger


class SubscriptionFilter:
    """Chooses the events that a subscription wants, and counts what became of them.

    Handler's thread, or task, only.

    Attributes:
        last: the last sequence of a ring that the handler will handle; None while it is unknown.
            Any thread stores it, once.
        left: how many events it omitted when it was stopped or cancelled.
    """

    def __init__(self, subscription: Subscription) -> None:
        self._subscription: Final = subscription
        self._logs: Final = subscription.pipeline is None or not subscription.pipeline.logs
        #: Classes of wanted events that travel as they are; the same and `TrackedEvent`; all
        #: classes that were met.
        self._plain: Final[set[type]] = set()
        self._some: Final[set[type]] = {TrackedEvent}
        self._met: Final[set[type]] = {TrackedEvent}
        self._rest: Iterator[object] = iter(())
        self._skipped = self.left = 0
        self.last: int | None = None

    def skip_rest(self) -> None:
        """Do not handle the rest of the batch. In the handler's thread, or loop."""
        self._skipped = sum(1 for _ in self._rest)
        self.left += self._skipped

    def _wanted(
        self, items: list[object], first_sequence: int, kinds: set[type] | None
    ) -> list[object]:
        """The wanted events of a batch, up to `last`; `kinds` are the classes of the batch."""
        if self.last is not None:
            items = items[: max(0, self.last - first_sequence + 1)]
        if kinds is None:
            return self._one_by_one(items)
        return items if kinds <= self._plain else self._chosen(items, kinds)

    def _chosen(self, items: list[object], kinds: set[type]) -> list[object]:
        """The wanted events of a batch that has others too, or new classes."""
        if not kinds <= self._met:
            wanted = {kind for kind in kinds - self._met if self._subscription.wants_kind(kind)}
            self._plain.update(wanted)
            self._some.update(wanted)
            self._met.update(kinds)
        if kinds.isdisjoint(self._some):
            return []
        some, wants = self._some, self._subscription.wants
        return [
            item
            for item in items
            if type(item) in some and (type(item) is not TrackedEvent or wants(item))
        ]

    def _one_by_one(self, items: list[object]) -> list[object]:
        """The wanted events of a batch with an event whose class cannot be hashed.

        A metaclass that defines `__eq__` alone makes such a class.
        """
        wants, wants_kind = self._subscription.wants, self._subscription.wants_kind
        return [
            item
            for item in items
            if (wants(item) if isinstance(item, TrackedEvent) else wants_kind(type(item)))
        ]

    def _handled(self, delivery: Delivery, result: object) -> None:
        """Count a delivery that has succeeded, then report it to a waiting publisher."""
        self._subscription.handled += 1
        delivery.end(result, None)

    def _schedule_redelivery(self, delivery: Delivery, later: RetryLater) -> None:
        """Schedule a delivery for a retry, then count it."""
        delivery.error = later.__cause__
        try:
            self._subscription.schedule_redelivery(delivery, later.delay)
        except Exception as error:
            # No thread could be started, or a user's stage asked for an impossible delay.
            pipeline = self._subscription.pipeline
            with contextlib.suppress(Exception):  # what a user's dead-letter queue raises
                if pipeline is not None and pipeline.dead_letters is not None:
                    pipeline.dead_letters.add(delivery, error)
            self._lost(delivery, error)
        else:
            self._subscription.retried += 1

    def _lost(self, delivery: Delivery, error: BaseException) -> None:
        """Count a delivery that has failed for the last time, then report it."""
        self._failed(error)
        if delivery.is_dead:
            self._subscription.dead_lettered += 1
        delivery.end(None, error)

    def _failed(self, error: BaseException) -> None:
        self._subscription.failed += 1
        if self._logs:
            with contextlib.suppress(Exception):  # what a user's log filter raises
                logger.error("handler %r failed", self._subscription.name, exc_info=error)


def kinds_of(items: list[object]) -> set[type] | None:
    """The classes of the events of a batch; None if one of them cannot be hashed."""
    try:
        return set(map(type, items))
    except TypeError:
        return None
