"""`HesitantMemory`: the memory of the process, with random delays of threads at bad moments.

Before a swap, after a load and after a store a thread lets the others have the processor many
times. So what takes one chance in millions on a quiet machine happens in every few runs.
"""

import os
import random
from typing import Any, Final

from ringbuffer.memory import (
    PROCESS_MEMORY,
    Cell,
    CellView,
    FenceLock,
    FlagArray,
    MemoryBlock,
    SlotLayout,
    Slots,
    Word,
)

#: How often a thread that is held up yields.
YIELDS: Final = 150


class HesitantMemory:
    """A provider of memory. Any thread.

    Args:
        seed: of the moments.
        swaps: the share of the swaps before which a thread is held up.
        moves: the share of the loads and stores of cells after which it is.
    """

    def __init__(self, seed: int, *, swaps: float = 0.01, moves: float = 0.001) -> None:
        self._seeds: Final = random.Random(seed)
        self._swaps: Final = swaps
        self._moves: Final = moves

    words_in_one_step: Final = True

    def cell(self, initial: int = 0, /) -> "HesitantCell":
        return HesitantCell(self, PROCESS_MEMORY.cell(initial))

    def view(self, view: CellView) -> "HesitantView":
        return HesitantView(view, random.Random(self._seeds.random()), self._swaps, self._moves)

    def flags(self, length: int, initial: int, /) -> FlagArray:
        return PROCESS_MEMORY.flags(length, initial)

    def fence_lock(self) -> FenceLock:
        return PROCESS_MEMORY.fence_lock()

    def block(self, size: int, /) -> MemoryBlock:
        return PROCESS_MEMORY.block(size)

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        return PROCESS_MEMORY.event_slots(events)

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        return PROCESS_MEMORY.value_slots(length, layout)


class HesitantCell:
    """A cell whose views hesitate; the methods of the cell itself do not."""

    def __init__(self, memory: HesitantMemory, cell: Cell) -> None:
        self._memory: Final = memory
        self._cell: Final = cell
        self.load: Final = cell.load
        self.store: Final = cell.store
        self.compare_and_set: Final = cell.compare_and_set
        self.exchange: Final = cell.exchange
        self.fetch_add: Final = cell.fetch_add

    def view(self) -> "HesitantView":
        return self._memory.view(self._cell.view())


class HesitantView:
    """One thread's access."""

    def __init__(self, view: CellView, chance: random.Random, swaps: float, moves: float) -> None:
        self._view: Final = view
        self._chance: Final = chance
        self._swaps: Final = swaps
        self.word: Final[Word] = HesitantWord(view.word, chance, moves)
        self.exchange: Final = view.exchange
        self.fetch_add: Final = view.fetch_add
        self.has_set: Final = view.has_set

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        if self._chance.random() < self._swaps:
            hold_up()
        return self._view.compare_and_set(expected, desired)


class HesitantWord:
    """A word."""

    def __init__(self, word: Word, chance: random.Random, moves: float) -> None:
        self._word: Final = word
        self._chance: Final = chance
        self._moves: Final = moves

    def __getitem__(self, index: int, /) -> int:
        value = self._word[index]
        if self._chance.random() < self._moves:
            hold_up()
        return value

    def __setitem__(self, index: int, value: int, /) -> None:
        self._word[index] = value
        if self._chance.random() < self._moves:
            hold_up()


def hold_up() -> None:
    """The others go on."""
    for _ in range(YIELDS):
        os.sched_yield()
