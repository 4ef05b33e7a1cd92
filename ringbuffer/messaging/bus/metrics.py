"""What a bus tells of itself: `BusMetrics`, `HandlerMetrics`, `BusCloseReport`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HandlerMetrics:
    """What one handler has done, each count a moment's truth.

    Attributes:
        handled: events that it has handled.
        failed: events that have failed for good.
        retried: failures after which the event was put aside, to come back.
        dead_lettered: of the failed ones, those that went to the dead letters.
        waiting: events published that it has not come to yet; in a ring also those that it will not want.
    """

    handled: int
    failed: int
    retried: int
    dead_lettered: int
    waiting: int


@dataclass(frozen=True, slots=True)
class BusMetrics:
    """What a bus has done.

    Attributes:
        published: events published, those without handlers too.
        returning: events put aside, which will come back to the handler that failed on them.
        handlers: by name.
    """

    published: int
    returning: int
    handlers: Mapping[str, HandlerMetrics]

    @property
    def handled(self) -> int:
        """By all handlers that are subscribed now."""
        return sum(each.handled for each in self.handlers.values())

    @property
    def failed(self) -> int:
        """By all handlers that are subscribed now."""
        return sum(each.failed for each in self.handlers.values())


@dataclass(frozen=True, slots=True)
class BusCloseReport:
    """What was left when a bus was closed.

    Attributes:
        unhandled: by handler, how many published events it never came to; those with none are not listed.
        abandoned: events that were to be retried later, and are not. They went to the dead letters where there are some.
        still_running: handlers that had not returned when the time was up.
    """

    unhandled: Mapping[str, int]
    abandoned: int
    still_running: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether everything was handled."""
        return not (self.unhandled or self.abandoned or self.still_running)
