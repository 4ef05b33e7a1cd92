"""`ProcessMemory`: cells and flags in this process's own memory, over libpatomic.

Layout of a cell. As in the Disruptor's padded sequence, the value shares neither a cache line nor
an adjacent-line prefetch with other data:

    128-aligned                                                          next 128-aligned block
    |<------------- 56 bytes ------------->|<- value, 8 ->|<------------- 64 bytes ------------->|

Loads and stores. On x86-64, an aligned 8-byte move through a `memoryview` is a load-acquire or a
store-release (total store order). So a word is the `memoryview` itself. Elsewhere it is an object
that calls libpatomic's load-acquire and store-release. Only `PLAIN_MOVES_ARE_ORDERED` makes this
choice. A read-modify-write uses libpatomic on every machine. `docs/memory-model.md` explains why
each access of the protocol may use the order that it uses.
"""

import functools
import platform
import struct
from collections.abc import Callable
from typing import Final

from ringbuffer.memory.fence_lock import ListFenceLock, SwapFenceLock
from ringbuffer.memory.flags import ProcessFlagArray
from ringbuffer.memory.in_flight_guard import ListInFlightGuard, SwapInFlightGuard
from ringbuffer.memory.protocols import FenceLock, InFlightGuard, SlotLayout, Word
from ringbuffer.memory.slots import (
    SLOTS_PER_STRIPE,
    ProcessEventSlots,
    ProcessStripedSlots,
    ProcessValueSlots,
)
from ringbuffer.memory.store_locks import stores_take_locks
from ringbuffer.memory.words import CELL_BYTES, VALUE_OFFSET, WORD, Block, OrderedWord

#: Whether an aligned 8-byte move has acquire (load) and release (store) semantics: on 64-bit
#: machines with total store order.
PLAIN_MOVES_ARE_ORDERED: Final = (
    platform.machine().lower() in {"x86_64", "amd64"} and struct.calcsize("P") == 8
)
#: Whether this interpreter locks a list while it stores an item, as all that were tried do.
LISTS_ARE_LOCKED: Final = stores_take_locks(ListFenceLock)


class ProcessCellView:
    """One thread's access to a cell: its own word and prepared arguments. Owning thread only.

    The read-modify-writes are closures over the arguments. They keep the memory alive that the
    arguments point to, so a closure may outlive the view.
    """

    __slots__ = ("compare_and_set", "exchange", "fetch_add", "has_set", "word")

    def __init__(self, block: Block, word: Word) -> None:
        self.word: Final = word
        scratch = Block(CELL_BYTES)
        # Four integers. 0: what a swap expects; a swap that fails stores the value it found there.
        # 1: what a swap stores. 2: the result of the other operations. 3: their operand.
        operands: Final = scratch.bytes()[:32].cast("q")
        value, result, operand = (
            block.pointer(VALUE_OFFSET),
            scratch.pointer(16),
            scratch.pointer(24),
        )
        call_compare_exchange: Final = functools.partial(
            WORD.compare_exchange, value, scratch.pointer(0), scratch.pointer(8)
        )
        call_exchange: Final = functools.partial(WORD.exchange, value, operand, result)
        call_fetch_add: Final = functools.partial(WORD.fetch_add, value, operand, result)

        def compare_and_set(expected: int, desired: int, /) -> bool:
            operands[0] = expected
            operands[1] = desired
            if call_compare_exchange():
                return True
            operands[1] = operands[0]  # no later call can have this pair: see `has_set`
            return False

        def has_set(expected: int, desired: int, /) -> bool:
            # The operands are those of the call that raised; or, if it raised at its entry, those
            # of the call before it. A swap that failed has overwritten the second operand.
            done = operands[0] == expected and operands[1] == desired
            operands[1] = operands[0]
            return done

        def exchange(value: int, /) -> int:
            operands[3] = value
            call_exchange()
            return operands[2]

        def fetch_add(delta: int, /) -> int:
            operands[3] = delta
            call_fetch_add()
            return operands[2]

        self.compare_and_set: Final[Callable[[int, int], bool]] = compare_and_set
        self.has_set: Final[Callable[[int, int], bool]] = has_set
        self.exchange: Final[Callable[[int], int]] = exchange
        self.fetch_add: Final[Callable[[int], int]] = fetch_add

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value


class ProcessCell:
    """One signed 64-bit integer, alone in 128 bytes. Any thread.

    The methods prepare their arguments anew in each call, so that threads do not share them.
    """

    __slots__ = ("_block", "_plain_moves")

    def __init__(self, initial: int, plain_moves: bool) -> None:
        self._block: Final = Block(CELL_BYTES)
        self._plain_moves: Final = plain_moves
        self.store(initial)

    @property
    def address(self) -> int:
        """The address of the value, for tests of the layout."""
        return self._block.address + VALUE_OFFSET

    def load(self) -> int:
        return self._word()[0]

    def store(self, value: int, /) -> None:
        self._word()[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        return self.view().compare_and_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        return self.view().exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        return self.view().fetch_add(delta)

    def view(self) -> ProcessCellView:
        return ProcessCellView(self._block, self._word())

    def _word(self) -> Word:
        if self._plain_moves:
            return self._block.bytes()[VALUE_OFFSET : VALUE_OFFSET + 8].cast("q")
        return OrderedWord(WORD, self._block, VALUE_OFFSET, 1)


class ProcessMemory:
    """Memory of this process. Any thread.

    Args:
        plain_moves: whether loads and stores may be plain moves; the default is what the machine
            allows. False is correct on every machine, and slower.

    Raises:
        ValueError: `plain_moves` is True on a machine where plain moves are not ordered.
    """

    __slots__ = ("plain_moves",)

    def __init__(self, *, plain_moves: bool = PLAIN_MOVES_ARE_ORDERED) -> None:
        if plain_moves and not PLAIN_MOVES_ARE_ORDERED:
            raise ValueError(
                f"plain_moves=True, but on {platform.machine()} a plain move is not an acquire or "
                f"a release; leave the argument out"
            )
        self.plain_moves: Final = plain_moves

    def cell(self, initial: int = 0, /) -> ProcessCell:
        return ProcessCell(initial, self.plain_moves)

    def flags(self, length: int, initial: int, /) -> ProcessFlagArray:
        return ProcessFlagArray(length, initial, self.plain_moves)

    def fence_lock(self) -> FenceLock:
        return ListFenceLock() if LISTS_ARE_LOCKED else SwapFenceLock(self.cell())

    def in_flight_guard(self) -> InFlightGuard:
        return ListInFlightGuard() if LISTS_ARE_LOCKED else SwapInFlightGuard(self.cell())

    def event_slots[T](self, events: list[T], /) -> ProcessEventSlots[T]:
        return ProcessEventSlots(events)

    def value_slots(
        self, length: int, /, layout: SlotLayout = SlotLayout.FLAT
    ) -> ProcessValueSlots | ProcessStripedSlots:
        if layout is SlotLayout.PER_SLOT:
            return ProcessStripedSlots(length, 1)
        if layout is SlotLayout.STRIPED and length > SLOTS_PER_STRIPE:
            return ProcessStripedSlots(length)
        return ProcessValueSlots(length)


#: The memory that is used where none is given.
PROCESS_MEMORY: Final = ProcessMemory()
