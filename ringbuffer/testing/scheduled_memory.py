"""`ScheduledMemory`: words, flags, slots of a scenario; each access is a step of its scheduler."""

from typing import Any, Final

from ringbuffer.memory import PROCESS_MEMORY, MemoryBlock, SlotLayout
from ringbuffer.testing.buffers import StoreOrder
from ringbuffer.testing.scheduled_values import ROW, ScheduledValues, SlotRows, SlotsOfOneList
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import Location


class ScheduledWord:
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


class ScheduledCell(ScheduledWord):
    """A cell, and every view of it."""

    __slots__ = ()

    @property
    def location(self) -> Location:
        return self._location

    @property
    def word(self) -> ScheduledWord:
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
        ready = None if scheduler.order is StoreOrder.SC else is_free
        scheduler.reach("pass", location, writes=True, ready=ready)
        scheduler.acquire(location)
        scheduler.put("pass", location, 0)


def _reach_lock(scheduler: Scheduler, kind: str, location: Location) -> None:
    """The running task takes the lock of a list and gives it back, in one step."""
    scheduler.fence()
    scheduler.reach(kind, location, writes=True)
    scheduler.acquire(location)
    scheduler.release(location)


class ScheduledFlags:
    """A row of flags, and every view of it. A search loads them one by one; a fill stores them."""

    __slots__ = ("_words",)

    def __init__(self, words: list[ScheduledWord]) -> None:
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


class ScheduledMemory:
    """The memory of one run."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler: Final = scheduler

    def location(self, kind: str, value: Any) -> Location:
        """A new shared place."""
        return self.scheduler.place(kind, value)

    #: There are no signal handlers in a schedule.
    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> ScheduledCell:
        return ScheduledCell(self.scheduler, self.location("cell", initial))

    def fence_lock(self) -> ScheduledFenceLock:
        return ScheduledFenceLock(self.scheduler, self.location("fence_lock", 0))

    def flags(self, length: int, initial: int, /) -> ScheduledFlags:
        return ScheduledFlags(
            [ScheduledWord(self.scheduler, self.location("flag", initial)) for _ in range(length)]
        )

    def block(self, size: int, /) -> MemoryBlock:
        return PROCESS_MEMORY.block(size)  # accesses to records are not steps

    def event_slots[T](self, events: list[T], /) -> SlotsOfOneList[T]:
        return SlotsOfOneList(events, is_shared=False)

    def value_slots(
        self, length: int, /, layout: SlotLayout = SlotLayout.FLAT
    ) -> "SlotsOfOneList[Any] | SlotRows":
        row = 1 if layout is SlotLayout.PER_SLOT else ROW
        if layout is SlotLayout.PER_SLOT or (layout is SlotLayout.STRIPED and length > row):
            return SlotRows([ScheduledValues(self.scheduler, row) for _ in range(length // row)])
        return SlotsOfOneList(ScheduledValues(self.scheduler, length), is_shared=True)
