"""`TracedMemory`: the memory of the process; each thread records its accesses in a log of its own.

The library asks for a view in the thread that uses it, so a view can own that thread's log: an
entry costs an append to a list that no other thread touches. Nothing is locked, and nothing is
ordered that was not ordered without the log. Whatever is not traced uses `ProcessMemory` itself,
which knows nothing of this.
"""

import threading
from typing import Any, Final

from ringbuffer.memory import (
    PROCESS_MEMORY,
    Cell,
    CellView,
    FenceLock,
    FlagArray,
    FlagView,
    MemoryBlock,
    ProcessMemory,
    SlotLayout,
    Slots,
    Word,
)


class Place:
    """Something shared: `name` is its name in the model, None until it gets one."""

    __slots__ = ("name",)

    def __init__(self) -> None:
        self.name: str | None = None


#: (what was done, to what, the value that was loaded or stored). One of a thread's own log: see
#: `entries.py`.
type Noted = tuple[str, Place | None, Any]


class _Own(threading.local):
    """The calling thread's log; made, and kept for afterwards, when a thread first asks for it."""

    def __init__(self, kept: list[tuple[str, list[Noted]]]) -> None:
        self.log: Final[list[Noted]] = []
        kept.append((threading.current_thread().name, self.log))


class TracedMemory:
    """A provider of memory that notes every access.

    Args:
        memory: the real one.

    Attributes:
        logs: (name of the thread, its log), in the order in which the threads began to use this
            memory. To be read when they have ended.
    """

    def __init__(self, memory: ProcessMemory = PROCESS_MEMORY) -> None:
        self.logs: Final[list[tuple[str, list[Noted]]]] = []
        self._own: Final = _Own(self.logs)
        self._memory: Final = memory

    def log(self) -> list[Noted]:
        """The calling thread's log."""
        return self._own.log

    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> "TracedCell":
        return TracedCell(self, self._memory.cell(initial))

    def flags(self, length: int, initial: int, /) -> "TracedFlags":
        return TracedFlags(self, self._memory.flags(length, initial), length)

    def fence_lock(self) -> FenceLock:
        """Not traced: the models that are compared with traces have none."""
        return self._memory.fence_lock()

    def block(self, size: int, /) -> MemoryBlock:
        return self._memory.block(size)

    def event_slots[T](self, events: list[T], /) -> "TracedSlots[T]":
        return TracedSlots(self, self._memory.event_slots(events), len(events))

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        """Not traced: the models have events in their slots."""
        return self._memory.value_slots(length, layout)


class TracedWord:
    """Words, and whose they are."""

    __slots__ = ("_log", "_places", "_word")

    def __init__(self, word: Word, places: list[Place], log: list[Noted]) -> None:
        self._word: Final = word
        self._places: Final = places
        self._log: Final = log

    def __getitem__(self, index: int, /) -> int:
        value = self._word[index]
        self._log.append(("load", self._places[index], value))
        return value

    def __setitem__(self, index: int, value: int, /) -> None:
        self._word[index] = value
        self._log.append(("store", self._places[index], value))


class TracedCell:
    """A cell. Any thread: accesses without a view go into the log of the calling thread."""

    __slots__ = ("_cell", "_memory", "place")

    def __init__(self, memory: TracedMemory, cell: Cell) -> None:
        self._memory: Final = memory
        self._cell: Final = cell
        self.place: Final = Place()

    def load(self) -> int:
        return self.view().get()

    def store(self, value: int, /) -> None:
        self.view().set(value)

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        return self.view().compare_and_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        return self.view().exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        return self.view().fetch_add(delta)

    def view(self) -> "TracedCellView":
        return TracedCellView(self._cell.view(), self.place, self._memory.log())


class TracedCellView:
    """One thread's access to a cell."""

    __slots__ = ("_log", "_place", "_view", "word")

    def __init__(self, view: CellView, place: Place, log: list[Noted]) -> None:
        self._view: Final = view
        self._place: Final = place
        self._log: Final = log
        self.word: Final = TracedWord(view.word, [place], log)

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        done = self._view.compare_and_set(expected, desired)
        self._log.append(("swapped" if done else "not swapped", self._place, (expected, desired)))
        return done

    def has_set(self, expected: int, desired: int, /) -> bool:
        return self._view.has_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        before = self._view.exchange(value)
        self._log.append(("exchange", self._place, (before, value)))
        return before

    def fetch_add(self, delta: int, /) -> int:
        before = self._view.fetch_add(delta)
        self._log.append(("fetch_add", self._place, (before, before + delta)))
        return before


class TracedFlags:
    """A row of flags, each a place of its own."""

    __slots__ = ("_flags", "_memory", "places")

    def __init__(self, memory: TracedMemory, flags: FlagArray, length: int) -> None:
        self._memory: Final = memory
        self._flags: Final = flags
        self.places: Final = [Place() for _ in range(length)]

    def view(self) -> "TracedFlagView":
        return TracedFlagView(self._flags.view(), self.places, self._memory.log())


class TracedFlagView:
    """One thread's access to a row of flags, which are 0 or 1."""

    __slots__ = ("_log", "_places", "_view", "items")

    def __init__(self, view: FlagView, places: list[Place], log: list[Noted]) -> None:
        self._view: Final = view
        self._places: Final = places
        self._log: Final = log
        self.items: Final = TracedWord(view.items, places, log)

    def fill(self, start: int, stop: int, value: int, /) -> None:
        self._view.fill(start, stop, value)
        self._log.extend(("store", place, value) for place in self._places[start:stop])

    def find(self, value: int, start: int, stop: int, /) -> int:
        """The result says what was loaded: `value` where it was found, the other value before."""
        found = self._view.find(value, start, stop)
        self._log.extend(
            ("load", place, value ^ 1)
            for place in self._places[start : stop if found < 0 else found]
        )
        if found >= 0:
            self._log.append(("load", self._places[found], value))
        return found


class Event:
    """What a slot holds: the number of the event that was written into it last."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = -1

    def write(self, number: int) -> None:
        self.number = number

    def read(self) -> int:
        return self.number


class TracedEvent:
    """One thread's access to an event. Reads and writes take time: each has a begin and an end."""

    __slots__ = ("_event", "_log", "_place")

    def __init__(self, event: Any, place: Place, log: list[Noted]) -> None:
        self._event: Final[Event] = event
        self._place: Final = place
        self._log: Final = log

    def write(self, number: int) -> None:
        self._log.append(("write", self._place, number))
        self._event.write(number)
        self._log.append(("written", self._place, number))

    def read(self) -> int:
        self._log.append(("read", self._place, 0))
        number = self._event.read()
        self._log.append(("done", self._place, number))
        return number


class TracedSlots[T]:
    """Slots of events."""

    __slots__ = ("_memory", "_slots", "places")

    def __init__(self, memory: TracedMemory, slots: Slots[T], length: int) -> None:
        self._memory: Final = memory
        self._slots: Final = slots
        self.places: Final = [Place() for _ in range(length)]

    def view(self) -> list[Any]:
        log = self._memory.log()
        return [
            TracedEvent(event, place, log)
            for event, place in zip(self._slots.view(), self.places, strict=True)
        ]
