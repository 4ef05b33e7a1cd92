"""`BusState`: whether a bus accepts events, and whether publishers must examine each event."""

from typing import Final

from ringbuffer.messaging.bus.bus_handlers import BusHandlers
from ringbuffer.messaging.bus.results import BusClosedError


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
