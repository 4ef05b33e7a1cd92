"""`ScenarioMemory`: adds events that show what does not order their accesses, and plain fields."""

from collections.abc import Iterable
from typing import Any, Final

from ringbuffer.memory import SlotView
from ringbuffer.memory.striped import StripedSlots
from ringbuffer.testing.buffers import StoreOrder
from ringbuffer.testing.scheduled_memory import ScheduledMemory, ScheduledWord
from ringbuffer.testing.task import ScheduledTask


class ScheduledField(ScheduledWord):
    """A field of an event: its accesses have no ordering of their own."""

    __slots__ = ()

    def store(self, value: int) -> None:
        self._scheduler.store("store", self._location, value, is_release=False)


def stored(view: SlotView[Any]) -> list[Any]:
    """What is in memory after a run. Reading it is not a step."""
    rows: Any = view.rows if isinstance(view, StripedSlots) else (view,)
    return [value for row in rows for value in list.__iter__(row)]


class ScenarioMemory(ScheduledMemory):
    """The memory of one run, with events."""

    def field(self, name: str) -> ScheduledField:
        field = self.location("field", -1)
        field.name = name
        return ScheduledField(self.scheduler, field)

    def events(self, numbers: Iterable[int]) -> list["Event"]:
        return [Event(self, number) for number in numbers]


class Event:
    """What a slot of a ring holds: a number, which is not shared by any ordering of its own.

    Every access must be ordered with every other that could conflict with it, by what the tasks
    have loaded and stored elsewhere (Flanagan and Freund: FastTrack, 2009). So a slot that is
    written while it is read, or read before it is published, is found in any schedule in which
    nothing orders the two, also where they come one after the other.

    On a machine that delays what slots hold, the number may be delayed too. Where nothing at all is
    asked of the memory, that alone is what is wrong, and has to show.
    """

    def __init__(self, memory: ScheduledMemory, index: int) -> None:
        self._scheduler: Final = memory.scheduler
        self._is_checked: Final = memory.scheduler.order is not StoreOrder.RELAXED
        self._number: Final = memory.location("slot", -1)
        self._number.name = f"slot {index}"
        self._written: tuple[int, int] | None = None
        self._read: Final[dict[int, int]] = {}

    def write(self, number: int) -> None:
        """Store a number: two steps, its beginning and its end."""
        scheduler, slot = self._scheduler, self._number
        scheduler.reach("write", slot, writes=True)
        task = scheduler.current
        if task is not None and self._is_checked:
            self._check_written(task, "writes")
            for index, count in self._read.items():
                if task.clock.get(index, 0) < count:
                    raise scheduler.violated(
                        f"{task} writes {slot.name} "
                        f"while {scheduler.tasks[index]} may be reading it"
                    )
            self._read.clear()
            self._written = (task.index, task.clock[task.index])
        scheduler.did("write", slot, number)
        if scheduler.order.delays_slots:
            scheduler.store("written", slot, number, is_release=False)
        else:
            scheduler.reach("written", slot, writes=True)
            slot.value = number
            scheduler.did("written", slot, number)

    def read(self) -> int:
        """Load the number: two steps, its beginning and its end."""
        scheduler, slot = self._scheduler, self._number
        scheduler.reach("read", slot)
        task = scheduler.current
        if task is not None and self._is_checked:
            self._check_written(task, "reads")
            self._read[task.index] = task.clock[task.index]
        scheduler.did("read", slot, scheduler.seen(slot))
        scheduler.reach("done", slot)
        number: int = scheduler.seen(slot)
        scheduler.did("done", slot, number)
        return number

    def _check_written(self, task: ScheduledTask, does: str) -> None:
        if self._written is not None:
            index, count = self._written
            if task.clock.get(index, 0) < count:
                scheduler = self._scheduler
                raise scheduler.violated(
                    f"{task} {does} {self._number.name} "
                    f"while {scheduler.tasks[index]} may be writing it"
                )
