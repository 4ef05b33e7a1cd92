"""TaskTurns ordinary attributes and lists into places of a scenario: each access of them is a step.

Production code hands over through cells, which are places anyway. What it keeps beside them, such
as a tuple that is replaced before a count is raised, is stored and loaded between two steps, as if
no other task could run in between. Where the order of such a store and a step matters, a scenario
says that the attribute is shared.

A store is a release and a load an acquire, as to the slots of CPython's objects; on a machine that
delays stores, this one may be delayed too. CPython takes a lock for some of them, of which nothing
here makes use.
"""

from typing import Any, Final

from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import Location


class SharedAttribute(Location):
    """An attribute whose accesses are steps. It may hold any object."""

    __slots__ = ("_marks",)

    def __init__(self, scheduler: Scheduler, name: str, value: Any) -> None:
        super().__init__(name, value)
        self._marks: Final = scheduler.marks
        scheduler.add(self)

    def shown(self, value: Any) -> Any:
        """See `Location`."""
        return self._marks.of(value)


def share(scheduler: Scheduler, thing: object, attribute: str, name: str) -> Location:
    """Make each access of this attribute a step.

    Args:
        scheduler: of the run.
        thing: whose attribute; it gets a class of its own, derived from its class.
        attribute: that it has already.
        name: of the place.

    Returns:
        The place.

    Raises:
        TypeError: the class of `thing` does not allow it.
    """
    kind: Any = type(thing)
    place = SharedAttribute(scheduler, name, getattr(thing, attribute))

    def load(self: object) -> Any:
        return _load(scheduler, place)

    def store(self: object, value: Any) -> None:
        scheduler.store("store", place, value)

    members = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        attribute: property(load, store),
    }
    thing.__class__ = type(kind.__name__, (kind,), members)
    return place


class SharedList(list[Any]):
    """A list to which other tasks append, and which is copied: the new length shows the item."""

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        super().__init__()
        self._scheduler: Final = scheduler
        self._length: Final = Location(name, 0)
        scheduler.add(self._length)

    def append(self, item: Any, /) -> None:
        """One step: the store of the new length."""
        super().append(item)
        self._scheduler.store("append", self._length, len(self))

    def copy(self) -> list[Any]:
        """One step: the load of the length."""
        return self[: _load(self._scheduler, self._length)]


def _load(scheduler: Scheduler, location: Location) -> Any:
    scheduler.reach_load(location)
    value = scheduler.load(location)
    scheduler.did("load", location, location.shown(value))
    return value
