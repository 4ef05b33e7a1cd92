"""`RunnerCrew`: the threads of a `RunnerThreads`: which rest, and which hold up handlers."""

from typing import TYPE_CHECKING, Final

from ringbuffer.host import Event, Host
from ringbuffer.messaging.bus.runners.block_watch import BLOCKED_LOOKS
from ringbuffer.messaging.bus.runners.runner_thread import RunnerThread, Turn

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.handler_row import HandlerRow


class RunnerCrew:
    """The threads of a `RunnerThreads`. The caller of each method holds its lock.

    Args:
        row: the handlers.
        host: what provides the events.

    Attributes:
        threads: those that drive handlers, and were not set apart.
        parked: what ends the rest of each parked thread.
        listener: the thread that waits at the barrier, if one does.
    """

    def __init__(self, row: "HandlerRow", host: Host) -> None:
        self._row: Final = row
        self._host: Final = host
        self.threads: Final[list[RunnerThread]] = []
        self.parked: Final[list[Event]] = []
        self.listener: RunnerThread | None = None

    def rest(self, me: RunnerThread) -> None:
        """Decide how a thread without work rests."""
        if self.listener is None:
            self.listener = me
            me.turn = Turn.LISTEN
        else:
            me.bed = self._host.event()
            self.parked.append(me.bed)
            me.turn = Turn.PARK

    def listens_no_more(self, me: RunnerThread) -> None:
        """Note that a thread is not the listener."""
        if self.listener is me:
            self.listener = None

    def dismiss(self, thread: RunnerThread) -> None:
        """Forget a thread. A second call changes nothing."""
        self.listens_no_more(thread)
        if thread in self.threads:
            self.threads.remove(thread)

    def holds_up(self, thread: RunnerThread) -> bool:
        """Whether a thread drives a handler, and there are others."""
        driven, handlers = thread.driven, self._row.handlers
        return driven is not None and len(handlers) > (driven in handlers)

    def is_calm(self) -> bool:
        """Whether no handler can hold up another one.

        It can without a listener: a thread is on its way, or has died.
        """
        if any(map(self.holds_up, self.threads)):
            return False
        return self.listener is not None or len(self._row.handlers) < 2

    def look(self) -> tuple[list[tuple[RunnerThread, int]], bool]:
        """What the watch finds.

        Returns:
            The threads whose handlers block, each with its number of drives; and whether a thread
            has not come back since the last look, and handlers or events wait for one.
        """
        looks = [(each.looks_since(), each) for each in self.threads]
        blocked = [
            (each, each.drives)
            for count, each in looks
            if count >= BLOCKED_LOOKS and self.holds_up(each)
        ]
        is_late = self.listener is None or not self._row.is_empty
        return blocked, is_late and any(count for count, _ in looks)

    def set_apart(self, thread: RunnerThread, drives: int) -> None:
        """Let a thread keep the handler that it drives, if that is still the same drive."""
        if thread.driven is not None and thread.drives == drives and thread in self.threads:
            thread.is_apart = True
            self.threads.remove(thread)
