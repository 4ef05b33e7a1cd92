"""`Returns`: deliveries that are put aside and come back to their handlers through the bus."""

import contextlib
from collections.abc import Callable
from typing import Final

from ringbuffer.errors import RingBufferError
from ringbuffer.host import Host
from ringbuffer.messaging.bus.carried import Carried
from ringbuffer.messaging.bus.results import UnsubscribedError
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import Timer
from ringbuffer.messaging.pipeline.logs import logger

#: How long a delivery waits that came back while there was no room, in seconds.
NO_ROOM: Final = 1e-3


class Returns:
    """Deliveries that leave the bus and come back, addressed to one handler, so that the handler's own thread tries again.

    The one thread that waits for them never waits for room: what finds none is due again a moment later.

    Args:
        offer: publishes an item for one handler if there is room; `RingBufferError` if it is gone, or the bus closed.
        host: what provides the clock, the lock and the thread.
        name: of the bus.
    """

    def __init__(self, offer: Callable[[Subscription, object], bool], *, host: Host, name: str) -> None:
        self._offer: Final = offer
        self._lock: Final = host.lock()
        self._timer: Final[Timer[tuple[Subscription, Delivery]]] = Timer(self._bring_back, host=host, name=f"{name} retries")
        self._abandoned = 0
        self._brought_back = 0

    @property
    def pending(self) -> int:
        """How many are to come back."""
        return self._timer.pending

    @property
    def abandoned(self) -> int:
        """How many could not come back."""
        return self._abandoned

    @property
    def brought_back(self) -> int:
        """How many were published again."""
        return self._brought_back

    def put(self, subscription: Subscription, delivery: Delivery, delay: float) -> None:
        """Bring a delivery back in `delay` seconds."""
        if not self._timer.put((subscription, delivery), delay):
            self._abandon(subscription, delivery)

    def close(self) -> None:
        """Bring nothing back any more."""
        for returning in self._timer.close():
            self._abandon(*returning)

    def join(self, timeout: float | None) -> bool:
        """Wait for the end of the thread, after `close`."""
        return self._timer.join(timeout)

    def _bring_back(self, returning: tuple[Subscription, Delivery]) -> None:
        """A delivery is due. In the timer's thread, which alone counts what was brought back."""
        subscription, delivery = returning
        # The handler is gone, the bus is closed, or it has a single producer, which is another thread.
        with contextlib.suppress(RingBufferError):
            item = Carried(delivery.message, delivery.identity, only=subscription, delivery=delivery)
            if self._offer(subscription, item):
                self._brought_back += 1
                return
            if self._timer.put(returning, NO_ROOM):
                return
        self._abandon(subscription, delivery)

    def _abandon(self, subscription: Subscription, delivery: Delivery) -> None:
        """A delivery cannot come back any more: it has failed for good."""
        with self._lock:
            self._abandoned += 1
        error = delivery.error or UnsubscribedError(f"{subscription.name!r} was gone before the replay came to it")
        dead_letters = None if subscription.pipeline is None else subscription.pipeline.dead_letters
        if dead_letters is not None:
            dead_letters.add(delivery, error)
        else:
            logger.error("%r does not come back to handler %r", delivery.message, subscription.name, exc_info=error)
        delivery.end(None, error)
