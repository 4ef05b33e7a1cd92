"""What the parts of a bus share: `BusHandlers`, the handlers and their loop, and `BusState`."""

from typing import Final

from ringbuffer.errors import DeadlockError
from ringbuffer.host import Host
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.runners.loop_thread import LoopThread
from ringbuffer.messaging.bus.subscription import Bus, Subscription, current_subscription


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


class BusState:
    """The state of a bus. Changed under the lock of its handlers; any thread reads it without.

    Attributes:
        refuses: whether the bus accepts no more events.
        drains: whether its handlers may publish even so, because a close waits for their events.
        correlates: whether the pipeline of a handler correlates events.
        looks: whether an event must be examined before it travels, because the bus refuses or
            correlates. In the usual case publishers read nothing else.
    """

    __slots__ = ("_handlers", "correlates", "drains", "looks", "refuses")

    def __init__(self, handlers: BusHandlers) -> None:
        self._handlers: Final = handlers
        self.refuses = self.drains = self.correlates = self.looks = False

    def correlate(self) -> None:
        """Give every event an identity from now on. The caller holds the lock."""
        self.correlates = self.looks = True

    def refuse(self, drain: bool) -> None:
        """Accept no more events, except from handlers if `drain`; the first call decides.

        The caller holds the lock. An interrupt cannot come between the stores, because no call
        comes between them.
        """
        if not self.refuses:
            self.drains = drain
            self.refuses = self.looks = True

    def end_drain(self) -> None:
        """Accept no more events from handlers either."""
        self.drains = False

    def check_open(self) -> None:
        """Check that the bus accepts an event of the caller.

        Raises:
            BusClosedError: the bus is closed, and the caller is not a handler that it drains.
        """
        if self.refuses and not (self.drains and self._handlers.current() is not None):
            raise BusClosedError(
                f"{self._handlers.name!r} is closed, and takes no more events. "
                f"Nothing was published"
            )
