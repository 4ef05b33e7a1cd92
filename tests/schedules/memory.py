"""`ScheduledMemory`: words, flags, slots of a scenario; each access is a step of its scheduler."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ringbuffer.memory import PROCESS_MEMORY, MemoryBlock, SlotLayout, SlotView
from ringbuffer.memory.striped import StripedSlots
from tests.schedules.buffers import Order
from tests.schedules.scheduler import Scheduler
from tests.schedules.task import Location, Task

#: Slots in a row, where producers share the slots of a ring of values.
ROW: Final = 2


class Word:
    """One shared integer, or one item of a row of them."""

    __slots__ = ("_location", "_scheduler")

    def __init__(self, scheduler: Scheduler, location: Location) -> None:
        self._scheduler: Final = scheduler
        self._location: Final = location

    def __getitem__(self, index: int, /) -> int:
        return self.load()

    def __setitem__(self, index: int, value: int, /) -> None:
        self.store(value)

    def load(self) -> int:
        scheduler, location = self._scheduler, self._location
        scheduler.reach_load(location)
        value: int = scheduler.load(location)
        scheduler.did("load", location, value)
        return value

    def store(self, value: int) -> None:
        self._scheduler.store("store", self._location, value)


class ScheduledCell(Word):
    """A cell, and every view of it."""

    __slots__ = ()

    @property
    def location(self) -> Location:
        return self._location

    @property
    def word(self) -> Word:
        return self

    def view(self) -> "ScheduledCell":
        return self

    def get(self) -> int:
        return self.load()

    def set(self, value: int, /) -> None:
        self.store(value)

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        scheduler, location = self._scheduler, self._location
        scheduler.fence()
        scheduler.reach("compare_and_set", location, writes=True)
        done: bool = location.value == expected
        if done:
            location.value = desired
        scheduler.acquire(location)
        scheduler.release(location)
        scheduler.did("compare_and_set", location, (expected, desired, done), wrote=done)
        return done

    def has_set(self, expected: int, desired: int, /) -> bool:
        return False  # a task that the scheduler ends in a call is ended before the access

    def exchange(self, value: int, /) -> int:
        scheduler, location = self._scheduler, self._location
        scheduler.fence()
        scheduler.reach("exchange", location, writes=True)
        before: int = location.value
        location.value = value
        scheduler.acquire(location)
        scheduler.release(location)
        scheduler.did("exchange", location, (before, value), wrote=before != value)
        return before

    def fetch_add(self, delta: int, /) -> int:
        scheduler, location = self._scheduler, self._location
        scheduler.fence()
        scheduler.reach("fetch_add", location, writes=True)
        before: int = location.value
        location.value = before + delta
        scheduler.acquire(location)
        scheduler.release(location)
        scheduler.did("fetch_add", location, (before, before + delta), wrote=delta != 0)
        return before


class ScheduledFenceLock:
    """A passage is one access: a lock that is taken and given back with nothing in between.

    It is a lock, and not a fence: a task that passes after another one sees what that one had done
    before, and no more. So on a machine that delays stores the unlock stays behind the stores that
    its task has made before, and the next task waits for it.
    """

    def __init__(self, scheduler: Scheduler, location: Location) -> None:
        self._scheduler: Final = scheduler
        self._location: Final = location

    def __setitem__(self, index: int, value: None, /) -> None:
        scheduler, location, task = self._scheduler, self._location, self._scheduler.current

        def is_free() -> bool:
            return not any(
                buffer.has(location) for buffer in scheduler.buffers if buffer.owner is not task
            )

        # Without delays it is always free, and a condition would be evaluated for nothing.
        ready = None if scheduler.order is Order.SC else is_free
        scheduler.reach("pass", location, writes=True, ready=ready)
        scheduler.acquire(location)
        scheduler.put("pass", location, 0)


def _reach_lock(scheduler: Scheduler, kind: str, location: Location) -> None:
    """The running task takes the lock of a list and gives it back, in one step."""
    scheduler.fence()
    scheduler.reach(kind, location, writes=True)
    scheduler.acquire(location)
    scheduler.release(location)


class ScheduledField(Word):
    """A field of an event: its accesses have no ordering of their own."""

    __slots__ = ()

    def store(self, value: int) -> None:
        self._scheduler.store("store", self._location, value, is_release=False)


class ScheduledFlags:
    """A row of flags, and every view of it. A search loads them one by one; a fill stores them."""

    __slots__ = ("_words",)

    def __init__(self, words: list[Word]) -> None:
        self._words: Final = words

    @property
    def items(self) -> "ScheduledFlags":
        return self

    def view(self) -> "ScheduledFlags":
        return self

    def __getitem__(self, index: int, /) -> int:
        return self._words[index].load()

    def __setitem__(self, index: int, value: int, /) -> None:
        self._words[index].store(value)

    def fill(self, start: int, stop: int, value: int, /) -> None:
        for index in range(start, stop):
            self._words[index].store(value)

    def find(self, value: int, start: int, stop: int, /) -> int:
        return next(
            (index for index in range(start, stop) if self._words[index].load() == value), -1
        )


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

    def __init__(self, memory: "ScheduledMemory", length: int) -> None:
        super().__init__([None] * length)
        self._scheduler: Final = memory.scheduler
        #: Stands for all of them where it matters whose turn it is.
        self._location: Final = memory.location("slots", 0)
        self._slots: Final = [ValueSlot(self, index, self._location) for index in range(length)]
        memory.scheduler.locations.extend(self._slots)

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
            "write", self._location, writes=True, may_delay=scheduler.order is not Order.SC
        )
        for slot, each in zip(slots, values, strict=True):
            scheduler.put("write", slot, each)


class _Slots[T]:
    def __init__(self, items: list[T], is_shared: bool) -> None:
        self._items, self._is_shared = items, is_shared

    def view(self) -> list[T]:
        return self._items if self._is_shared else self._items.copy()


class _Rows:
    """The rows of the library, each of them scheduled."""

    def __init__(self, rows: list[list[Any]]) -> None:
        self._rows: Final = rows

    def view(self) -> StripedSlots:
        return StripedSlots(self._rows)


def stored(view: SlotView[Any]) -> list[Any]:
    """What is in memory after a run. Reading it is not a step."""
    rows: Any = view.rows if isinstance(view, StripedSlots) else (view,)
    return [value for row in rows for value in list.__iter__(row)]


class ScheduledMemory:
    """The memory of one run."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler: Final = scheduler

    def location(self, kind: str, value: Any) -> Location:
        location = Location(self.scheduler.name(kind), value)
        self.scheduler.locations.append(location)
        return location

    #: There are no signal handlers in a schedule.
    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> ScheduledCell:
        return ScheduledCell(self.scheduler, self.location("cell", initial))

    def fence_lock(self) -> ScheduledFenceLock:
        return ScheduledFenceLock(self.scheduler, self.location("fence_lock", 0))

    def field(self, name: str) -> ScheduledField:
        field = self.location("field", -1)
        field.name = name
        return ScheduledField(self.scheduler, field)

    def flags(self, length: int, initial: int, /) -> ScheduledFlags:
        return ScheduledFlags(
            [Word(self.scheduler, self.location("flag", initial)) for _ in range(length)]
        )

    def block(self, size: int, /) -> MemoryBlock:
        return PROCESS_MEMORY.block(size)

    def event_slots[T](self, events: list[T], /) -> _Slots[T]:
        return _Slots(events, is_shared=False)

    def value_slots(
        self, length: int, /, layout: SlotLayout = SlotLayout.FLAT
    ) -> "_Slots[Any] | _Rows":
        row = 1 if layout is SlotLayout.PER_SLOT else ROW
        if layout is SlotLayout.PER_SLOT or (layout is SlotLayout.STRIPED and length > row):
            return _Rows([ScheduledValues(self, row) for _ in range(length // row)])
        return _Slots(ScheduledValues(self, length), is_shared=True)

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
        self._is_checked: Final = memory.scheduler.order is not Order.RELAXED
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

    def _check_written(self, task: Task, does: str) -> None:
        if self._written is not None:
            index, count = self._written
            if task.clock.get(index, 0) < count:
                scheduler = self._scheduler
                raise scheduler.violated(
                    f"{task} {does} {self._number.name} "
                    f"while {scheduler.tasks[index]} may be writing it"
                )
