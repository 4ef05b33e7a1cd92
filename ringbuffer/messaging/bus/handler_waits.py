"""`HandlerWaits`: waits of a bus for its handlers, which send no signal when they advance.

A call that waits several times has one deadline for all of its waits.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.host import Host
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner

#: How long handlers that were asked to stop may take after the deadline, in seconds, before they
#: are reported.
GRACE: Final = 0.01


def deadline_after(host: Host, timeout: float | None) -> float | None:
    """The time on the host's clock at which `timeout` seconds are over; None without a limit."""
    return None if timeout is None else host.monotonic() + timeout


def remaining(host: Host, deadline: float | None) -> float | None:
    """The seconds left until `deadline`, negative after it; None without a limit."""
    return None if deadline is None else deadline - host.monotonic()


class HandlerWaits:
    """The waits of one bus. Any thread.

    Args:
        host: what provides the clock and the event.

    Attributes:
        is_over: set when the bus is closed; it ends every wait.
    """

    def __init__(self, host: Host) -> None:
        self._host: Final = host
        self.is_over: Final = host.event()

    def until(self, condition: Callable[[], bool], deadline: float | None) -> bool:
        """Check repeatedly until `condition` holds or the deadline passes; return whether it held.

        Terminates because it has a deadline, or because the caller's condition comes to hold.
        """
        backoff = Backoff(self._host, self.is_over, remaining(self._host, deadline))
        while not condition():
            if not backoff.pause():
                return False
        return True

    def join(self, runner: HandlerRunner, deadline: float | None) -> bool:
        """Wait for a runner that was asked to stop; cancel it at the deadline.

        Returns whether it has stopped.
        """
        left = remaining(self._host, deadline)
        if runner.join(None if left is None else max(GRACE, left)):
            return True
        runner.abort()
        return runner.join(GRACE)
