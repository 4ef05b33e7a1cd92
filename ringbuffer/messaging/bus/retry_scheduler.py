"""`RetryScheduler`: deliveries that wait for a retry, and come back through the bus."""

from typing import Final

from ringbuffer.checks import Duration
from ringbuffer.errors import RingBufferError
from ringbuffer.messaging.bus.bus_handlers import BusHandlers, BusState
from ringbuffer.messaging.bus.results import BusClosedError, UnsubscribedError
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.tracked_event import TrackedEvent
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.messaging.dead_letters.dead_letters import abandon
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import Timer

#: How long a delivery waits that came back while there was no free capacity, in seconds.
NO_CAPACITY: Final = 1e-3


class RetryScheduler:
    """Publishes deliveries again, each addressed to one handler, so that its own thread retries.

    One thread waits for all of them. It never waits for capacity: a delivery that finds none is
    due again a moment later. Any thread schedules.

    Args:
        handlers: the handlers of the bus.
        state: whether the bus accepts replays.
        transport: carries the deliveries.

    Attributes:
        redelivered: how many were published again.
    """

    def __init__(self, handlers: BusHandlers, state: BusState, transport: Transport) -> None:
        self._handlers: Final = handlers
        self._state: Final = state
        self._transport: Final = transport
        self._lock: Final = handlers.host.lock()
        self._timer: Final[Timer[tuple[Subscription, Delivery]]] = Timer(
            self._redeliver, host=handlers.host, name=f"{handlers.name} retries"
        )
        self._abandoned = self._abandoned_at_the_end = self.redelivered = 0

    @property
    def pending(self) -> int:
        """How many deliveries will come back."""
        return self._timer.pending

    @property
    def abandoned(self) -> int:
        """How many could not come back."""
        return self._abandoned + self._abandoned_at_the_end

    def schedule_redelivery(
        self, subscription: Subscription, delivery: Delivery, delay: float
    ) -> None:
        """Bring a delivery back to a handler in `delay` seconds, for a retry or a replay.

        Raises:
            BusClosedError: a dead letter is replayed, and the bus is closed.
            UnsubscribedError: a dead letter is replayed, and its handler was unsubscribed.
        """
        is_replay = delivery.error is None
        if is_replay and self._state.refuses:
            raise BusClosedError(f"{self._handlers.name!r} is closed: nothing can be replayed")
        if is_replay and subscription not in self._handlers.subscriptions:
            raise UnsubscribedError(
                f"{subscription.name!r} was unsubscribed: nothing can be replayed to it"
            )
        if not self._timer.put((subscription, delivery), delay):
            self._abandon(subscription, delivery)

    def close(self) -> None:
        """Bring nothing back any more."""
        left = self._timer.close()
        # Terminates because nothing is put in any more. An interrupt may give up one delivery
        # twice, which makes one dead letter.
        while left:
            self._give_up(*left[0])
            self._abandoned_at_the_end += 1  # nothing is called between the two
            del left[0]

    def join(self, timeout: Duration | None) -> bool:
        """Wait for the end of the thread, after `close`; return whether it has ended."""
        return self._timer.join(timeout)

    def _redeliver(self, returning: tuple[Subscription, Delivery]) -> None:
        """Publish a delivery that is due. In the timer's thread, which alone counts these."""
        subscription, delivery = returning
        try:
            item = TrackedEvent(
                delivery.message, delivery.identity, only=subscription, delivery=delivery
            )
            if self._offer_to(subscription, item):
                self.redelivered += 1
                return
            if self._timer.put(returning, NO_CAPACITY):
                return
        except RingBufferError:
            # The handler is gone, the bus is closed, or its single producer is another thread.
            pass
        except Exception as error:  # such as a lack of memory: it concerns this delivery alone
            error.__context__ = delivery.error
            delivery.error = error
        self._abandon(subscription, delivery)

    def _offer_to(self, subscription: Subscription, item: object) -> bool:
        """Publish an item for one handler if there is free capacity; return whether there was.

        The check and the publication are one step for a thread that removes the handler, because
        that thread takes the same lock. So the item is published before the mark at which the
        handler ends, and is not lost behind it.

        Raises:
            UnsubscribedError: the handler is gone, or has died.
            RingBufferError: the bus accepts nothing more, or not from this thread.
        """
        with self._handlers.lock:
            if subscription not in self._handlers.subscriptions:
                raise UnsubscribedError(
                    f"{subscription.name!r} was unsubscribed: nothing comes back to it"
                )
            if subscription.failure is not None:
                raise UnsubscribedError(f"{subscription.name!r} has died: nothing comes back to it")
            return self._transport.offer(item)

    def _abandon(self, subscription: Subscription, delivery: Delivery) -> None:
        """A delivery cannot come back any more: it has failed for the last time."""
        with self._lock:
            self._abandoned += 1
        self._give_up(subscription, delivery)

    def _give_up(self, subscription: Subscription, delivery: Delivery) -> None:
        error = delivery.error or UnsubscribedError(
            f"{subscription.name!r} was gone before the replay came to it"
        )
        dead_letters = None if subscription.pipeline is None else subscription.pipeline.dead_letters
        try:
            abandon(delivery, error, dead_letters)
        finally:  # also after a `BaseException` of a user's queue: a caller may wait for the end
            delivery.end(None, error)
