"""A memory provider that counts what is done to its cells."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.memory import (
    PROCESS_MEMORY,
    CellView,
    FenceLock,
    MemoryBlock,
    ProcessMemory,
    SlotLayout,
    Slots,
    Word,
)
from ringbuffer.memory.process import ProcessCell, ProcessFlagArray

READ_MODIFY_WRITES = ("compare_and_set", "exchange", "fetch_add")


class CountingMemory:
    """Real memory; `counts` has the number of accesses of each kind, by all threads together."""

    def __init__(self, inner: ProcessMemory = PROCESS_MEMORY) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def note(self, kind: str) -> None:
        with self._lock:
            self.counts[kind] += 1

    def read_modify_writes(self) -> int:
        return sum(self.counts[kind] for kind in READ_MODIFY_WRITES)

    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> "CountingCell":
        return CountingCell(self._inner.cell(initial), self.note)

    def flags(self, length: int, initial: int, /) -> ProcessFlagArray:
        return self._inner.flags(length, initial)

    def fence_lock(self) -> FenceLock:
        return self._inner.fence_lock()

    def block(self, size: int, /) -> MemoryBlock:
        return self._inner.block(size)

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        return self._inner.event_slots(events)

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        return self._inner.value_slots(length, layout)


class CountingWord:
    def __init__(self, word: Word, note: Callable[[str], None]) -> None:
        self._word, self._note = word, note

    def __getitem__(self, index: int, /) -> int:
        self._note("load")
        return self._word[index]

    def __setitem__(self, index: int, value: int, /) -> None:
        self._note("store")
        self._word[index] = value


class CountingView:
    def __init__(self, view: CellView, note: Callable[[str], None]) -> None:
        self._view, self._note = view, note
        self.word: Word = CountingWord(view.word, note)

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        self._note("compare_and_set")
        return self._view.compare_and_set(expected, desired)

    def has_set(self, expected: int, desired: int, /) -> bool:
        return self._view.has_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        self._note("exchange")
        return self._view.exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        self._note("fetch_add")
        return self._view.fetch_add(delta)


class CountingCell:
    def __init__(self, cell: ProcessCell, note: Callable[[str], None]) -> None:
        self._cell, self._note = cell, note

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

    def view(self) -> CellView:
        return CountingView(self._cell.view(), self._note)
