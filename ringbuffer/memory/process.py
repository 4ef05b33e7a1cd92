"""`ProcessMemory`: cells and flags in this process's own memory, over libpatomic.

Layout of a cell (as in the Disruptor's padded sequence: nothing else within a cache line, or an adjacent-line
prefetch, of the value):

    128-aligned                                                          next 128-aligned block
    |<------------- 56 bytes ------------->|<- value, 8 ->|<------------- 64 bytes ------------->|

Loads and stores. On x86-64 an aligned 8-byte move through a `memoryview` is a load-acquire or a store-release (total
store order), so a word is the `memoryview` itself. Elsewhere it is an object that calls libpatomic's load-acquire and
store-release. `PLAIN_MOVES_ARE_ORDERED` is the one place that chooses. Read-modify-write is libpatomic everywhere.
`docs/memory-model.md` says why each access of the protocol may use what it uses.
"""

import functools
import platform
import struct
from collections.abc import Callable
from typing import Final

from ringbuffer.memory.door import ListDoor
from ringbuffer.memory.flags import ProcessFlagArray
from ringbuffer.memory.protocols import SlotLayout, Word
from ringbuffer.memory.slots import SLOTS_PER_ROW, ProcessEventSlots, ProcessRowSlots, ProcessValueSlots
from ringbuffer.memory.turnstile import ListTurnstile
from ringbuffer.memory.words import CELL_BYTES, VALUE_OFFSET, WORD, Block, OrderedWord

#: Whether an aligned 8-byte move has acquire (load) and release (store) semantics: total store order, 64-bit.
PLAIN_MOVES_ARE_ORDERED: Final = platform.machine().lower() in {"x86_64", "amd64"} and struct.calcsize("P") == 8


class ProcessCellView:
    """One thread's access to a cell: its own word, its own prepared arguments. Owning thread only.

    The read-modify-writes are closures over these, which keep alive what they point at: they outlive the view if need be.
    """

    __slots__ = ("compare_and_set", "exchange", "fetch_add", "word")

    def __init__(self, block: Block, word: Word) -> None:
        self.word: Final = word
        scratch = Block(CELL_BYTES)
        # Two integers: what is expected or returned, and the operand.
        operands: Final = scratch.bytes()[:16].cast("q")
        value, result, operand = block.pointer(VALUE_OFFSET), scratch.pointer(0), scratch.pointer(8)
        call_compare_exchange: Final = functools.partial(WORD.compare_exchange, value, result, operand)
        call_exchange: Final = functools.partial(WORD.exchange, value, operand, result)
        call_fetch_add: Final = functools.partial(WORD.fetch_add, value, operand, result)

        def compare_and_set(expected: int, desired: int, /) -> bool:
            operands[0] = expected
            operands[1] = desired
            return call_compare_exchange() != 0  # type: ignore[no-any-return]

        def exchange(value: int, /) -> int:
            operands[1] = value
            call_exchange()
            return operands[0]

        def fetch_add(delta: int, /) -> int:
            operands[1] = delta
            call_fetch_add()
            return operands[0]

        self.compare_and_set: Final[Callable[[int, int], bool]] = compare_and_set
        self.exchange: Final[Callable[[int], int]] = exchange
        self.fetch_add: Final[Callable[[int], int]] = fetch_add

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value


class ProcessCell:
    """One signed 64-bit integer, alone in 128 bytes. Any thread.

    The shared face prepares its arguments afresh for each call, so that threads do not share them.
    """

    __slots__ = ("_block", "_plain_moves")

    def __init__(self, initial: int, plain_moves: bool) -> None:
        self._block: Final = Block(CELL_BYTES)
        self._plain_moves: Final = plain_moves
        self.store(initial)

    @property
    def address(self) -> int:
        """Where the value lies, for tests of the layout."""
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
        plain_moves: whether loads and stores may be plain moves; the default is what the machine allows.
            False is right on every machine, and slower.

    Raises:
        ValueError: plain moves were asked for on a machine where they are not ordered.
    """

    __slots__ = ("_plain_moves",)

    def __init__(self, *, plain_moves: bool = PLAIN_MOVES_ARE_ORDERED) -> None:
        if plain_moves and not PLAIN_MOVES_ARE_ORDERED:
            raise ValueError(
                f"plain_moves=True, but on {platform.machine()} a plain move is not an acquire or a release; "
                f"leave the argument out"
            )
        self._plain_moves: Final = plain_moves

    def cell(self, initial: int = 0, /) -> ProcessCell:
        return ProcessCell(initial, self._plain_moves)

    def flags(self, length: int, initial: int, /) -> ProcessFlagArray:
        return ProcessFlagArray(length, initial, self._plain_moves)

    def turnstile(self) -> ListTurnstile:
        return ListTurnstile()

    def door(self) -> ListDoor:
        return ListDoor()

    def event_slots[T](self, events: list[T], /) -> ProcessEventSlots[T]:
        return ProcessEventSlots(events)

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.LIST) -> ProcessValueSlots | ProcessRowSlots:
        if layout is SlotLayout.CELLS:
            return ProcessRowSlots(length, 1)
        return ProcessRowSlots(length) if layout is SlotLayout.ROWS and length > SLOTS_PER_ROW else ProcessValueSlots(length)


#: The memory that is used where none is given.
PROCESS_MEMORY: Final = ProcessMemory()
