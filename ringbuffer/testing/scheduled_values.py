"""`ScheduledValues`: the slots of a ring of values; each access is a step of the scheduler."""

from collections.abc import Iterator
from typing import Any, Final

from ringbuffer.memory.striped import StripedSlots
from ringbuffer.testing.buffers import StoreOrder
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import Location

#: Slots in a row, where producers share the slots of a ring of values.
ROW: Final = 2


class ValueSlot(Location):
    """What one slot of a ring of values holds; its value is what is in memory."""

    __slots__ = ("_index", "_slots", "_whole")

    def __init__(self, slots: list[Any], index: int, whole: Location) -> None:
        super().__init__(f"value {index}", None)
        self._slots: Final = slots
        self._index: Final = index
        self._whole: Final = whole

    @property
    def point(self) -> str:
        return self._whole.point

    def put(self, value: Any) -> None:
        super().put(value)
        list.__setitem__(self._slots, self._index, value)


class ScheduledValues(list[Any]):
    """The slots of a ring of values: an access to an item or a slice is one step, as in CPython.

    The list itself is what is in memory.
    """

    def __init__(self, scheduler: Scheduler, length: int) -> None:
        super().__init__([None] * length)
        self._scheduler: Final = scheduler
        #: Stands for all of them where it matters whose turn it is.
        self._location: Final = scheduler.place("slots", 0)
        self._slots: Final = [ValueSlot(self, index, self._location) for index in range(length)]
        scheduler.locations.extend(self._slots)

    def __getitem__(self, index: Any, /) -> Any:
        scheduler = self._scheduler
        scheduler.reach("read", self._location)
        if isinstance(index, slice):
            values = [scheduler.load(slot) for slot in self._slots[index]]
            scheduler.did("read", self._location, (str(index), tuple(values)))
            return values
        value = scheduler.load(self._slots[index])
        scheduler.did("read", self._location, (str(index), value))
        return value

    def __iter__(self) -> Iterator[Any]:
        """A copy of all of them, as to `list.extend`."""
        return iter(self[:])

    def __add__(self, other: list[Any], /) -> list[Any]:
        """A copy of all of them, and what is added."""
        own: list[Any] = self[:]
        return own + other

    def __radd__(self, other: list[Any], /) -> list[Any]:
        own: list[Any] = self[:]
        return other + own

    def __setitem__(self, index: Any, value: Any, /) -> None:
        slots, values = (
            (self._slots[index], value)
            if isinstance(index, slice)
            else ([self._slots[index]], [value])
        )
        scheduler = self._scheduler
        scheduler.reach(
            "write", self._location, writes=True, may_delay=scheduler.order is not StoreOrder.SC
        )
        for slot, each in zip(slots, values, strict=True):
            scheduler.put("write", slot, each)


class SlotsOfOneList[T]:
    """The slots of a ring, in one list: every view is that list, or a copy."""

    def __init__(self, items: list[T], is_shared: bool) -> None:
        self._items, self._is_shared = items, is_shared

    def view(self) -> list[T]:
        return self._items if self._is_shared else self._items.copy()


class SlotRows:
    """The rows of the library, each of them scheduled."""

    def __init__(self, rows: list[list[Any]]) -> None:
        self._rows: Final = rows

    def view(self) -> StripedSlots:
        return StripedSlots(self._rows)
