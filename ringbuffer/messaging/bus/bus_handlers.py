"""`BusHandlers`: the handlers of one bus, and the event loop that its coroutine functions share."""

from typing import Final

from ringbuffer.errors import DeadlockError
from ringbuffer.host import Host
from ringbuffer.messaging.bus.current_handler import current_subscription
from ringbuffer.messaging.bus.runners.loop_thread import LoopThread
from ringbuffer.messaging.bus.subscription import Bus, Subscription


class BusHandlers:
    """The handlers that are subscribed to one bus. Any thread.

    Args:
        bus: the bus, as its subscriptions know it.
        name: the name of the bus.
        host: what provides locks, threads and time.

    Attributes:
        lock: a thread holds it while it changes the subscriptions, and while it must not miss such
            a change.
        loop: runs the coroutine functions.
        subscriptions: an immutable tuple, replaced under the lock.
    """

    def __init__(self, bus: Bus, name: str, host: Host) -> None:
        self.bus: Final = bus
        self.name: Final = name
        self.host: Final = host
        self.lock: Final = host.lock()
        self.loop: Final = LoopThread(host, f"{name} loop")
        self.subscriptions: tuple[Subscription, ...] = ()

    def current(self) -> Subscription | None:
        """The subscription of this bus whose handler is the caller; None for any other caller."""
        running = current_subscription()
        return running if running is not None and running.is_of(self.bus) else None

    def check_capacity_is_not_own(self, blocks_loop: bool = False) -> None:
        """Check that a caller which finds no free capacity does not wait for itself.

        Args:
            blocks_loop: whether the wait blocks the loop, if the caller runs in it. Then the
                handlers in that loop cannot free capacity either.

        Raises:
            DeadlockError: the caller is a handler, and only it could free the capacity.
        """
        running = self.current()
        if running is None:
            return
        held_up = [running]
        if blocks_loop and self.loop.is_current():
            held_up = [each for each in self.subscriptions if each.is_asynchronous]
        if any(each.runner.blocks() for each in held_up):
            raise DeadlockError(
                f"handler {running.name!r} waits for room in {self.name!r} that only it can make, "
                f"by handling what waits for it. Use try_publish, another bus, or a larger one"
            )
