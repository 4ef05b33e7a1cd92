"""`make_events`: the pre-allocated events of a ring."""

from collections.abc import Callable
from typing import Any


def no_events() -> Any:
    """The factory of a ring of values."""
    raise AssertionError("a ring of values has no events")


def make_events[E](size: int, event_factory: Callable[[], E]) -> list[E]:
    """Call `event_factory` `size` times, and return the events.

    Raises:
        TypeError: the factory cannot be called, or returned None.
        ValueError: the factory returned an event twice.
    """
    if not callable(event_factory):
        raise TypeError(f"event_factory must be callable without arguments, not {event_factory!r}")
    events = [event_factory() for _ in range(size)]
    if any(event is None for event in events):
        raise TypeError("event_factory returned None; it must return a new event at every call")
    if len({id(event) for event in events}) < size:
        raise ValueError(
            f"event_factory returned {events[0]!r} more than once; it must return a new event at "
            f"every call"
        )
    return events
