"""What a bus reports: `BusMetrics`, `HandlerMetrics`, `BusCloseReport`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HandlerMetrics:
    """What one handler has done. The counts are read one after the other.

    Attributes:
        handled: events that it has handled.
        failed: events that have failed for the last time.
        retried: failures after which the event was scheduled for redelivery.
        dead_lettered: how many of the failed events went to the dead letters.
        waiting: published events that it has not reached yet; in a ring, also events that it does
            not want. Claims that a publisher gave up do not count.
        failure: what its thread or task died of; None while it lives. The bus continues without it,
            and the `waiting` events are not handled.
    """

    handled: int
    failed: int
    retried: int
    dead_lettered: int
    waiting: int
    failure: BaseException | None = None


@dataclass(frozen=True, slots=True)
class BusMetrics:
    """What a bus has done.

    Attributes:
        published: published events, also those without handlers.
        returning: events that will come back to the handler that failed on them.
        handlers: what each handler has done, by name.
    """

    published: int
    returning: int
    handlers: Mapping[str, HandlerMetrics]

    @property
    def handled(self) -> int:
        """Events that the handlers which are subscribed now have handled."""
        return sum(each.handled for each in self.handlers.values())

    @property
    def failed(self) -> int:
        """Events that the handlers which are subscribed now have failed on."""
        return sum(each.failed for each in self.handlers.values())


@dataclass(frozen=True, slots=True)
class BusCloseReport:
    """What was left when a bus was closed.

    Attributes:
        unhandled: by handler, how many published events it never reached; handlers that reached
            all of them are omitted.
        abandoned: events that were to be retried later, and were not. They went to the dead
            letters, if the pipeline has a queue for these.
        still_running: handlers that had not returned at the deadline.
    """

    unhandled: Mapping[str, int] = field(default_factory=dict)
    abandoned: int = 0
    still_running: tuple[str, ...] = ()

    def left(self) -> tuple[str, ...]:
        """What was left, with numbers and names, for a message; empty if all was handled."""
        parts = [
            f"{name} has not finished {count} events" for name, count in self.unhandled.items()
        ]
        if self.abandoned:
            parts.append(f"{self.abandoned} events were to be retried later")
        parts += [
            f"{name} has not returned from the event that it is in" for name in self.still_running
        ]
        return tuple(parts)

    @property
    def is_complete(self) -> bool:
        """Whether everything was handled."""
        return not (self.unhandled or self.abandoned or self.still_running)
