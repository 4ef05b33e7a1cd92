"""`BlockWatch`: the thread that looks whether a handler holds up those that share its thread."""

from typing import TYPE_CHECKING, Final

from ringbuffer.host import Host
from ringbuffer.service import ServiceThread

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.runner_group import RunnerGroup

#: The time from one look to the next, in seconds.
TICK: Final = 0.01
#: A handler that has not finished its batch in so many looks after the first keeps its thread.
BLOCKED_LOOKS: Final = 2


class BlockWatch:
    """Looks periodically, while handlers are driven; sleeps while none is. Any thread.

    Args:
        group: what it looks at.
        host: what provides the events and the thread.
        name: the name of its thread.
    """

    def __init__(self, group: "RunnerGroup", host: Host, name: str) -> None:
        self._watched: Final = group
        self._host: Final = host
        self._thread: Final = ServiceThread(self._run, host=host, name=name)

    def start(self) -> None:
        """Start it, unless it runs. Raises what `ServiceThread.ensure` raises."""
        self._thread.ensure()

    def join(self, timeout: float | None) -> bool:
        """Wait for its end, after `over` is set; return whether it has ended."""
        return self._thread.join(timeout)

    def _run(self) -> None:
        """Look, or sleep.

        `over` ends a pause, and the bed is set before or after `over`. Terminates because of that.
        """
        watched = self._watched
        while not watched.over.wait(0):
            bed = self._host.event()
            if watched.is_calm(bed):
                bed.wait()
            if not watched.over.wait(TICK):
                watched.look()
