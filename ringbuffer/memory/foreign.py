"""`ForeignOperations`: cells and flags whose read-modify-writes are foreign calls, by `ctypes`.

A call of a C function costs ten times as much as a move, and each argument adds to it. So a view
prepares all calls with all arguments when it is made: the operands stand in its own memory.
"""

import ctypes
import enum
from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.memory.flags import CalledFlagView, FencedFlagView, PlainFlagView
from ringbuffer.memory.protocols import FlagView, Word
from ringbuffer.memory.words import (
    CELL_BYTES,
    Block,
    FencedWord,
    WordKind,
    allowed_kinds,
)


class Order(enum.IntEnum):
    """The memory orders of C11, as the libraries number them."""

    RELAXED = 0
    CONSUME = 1
    ACQUIRE = 2
    RELEASE = 3
    ACQ_REL = 4
    SEQ_CST = 5


class ForeignFunctions(Protocol):
    """A C library's operations on integers of one width. Each method prepares a call.

    The arguments are addresses: `value` that of the integer, the others those of operands, which
    the call reads or writes. A load is an acquire, a store a release; the others are sequentially
    consistent.
    """

    @property
    def width(self) -> int:
        """Bytes of the integer."""
        ...

    def load(self, value: object, result: object, /) -> Callable[[], object]: ...

    def store(self, value: object, operand: object, /) -> Callable[[], object]: ...

    def exchange(
        self, value: object, operand: object, result: object, /
    ) -> Callable[[], object]: ...

    def compare_exchange(
        self, value: object, expected: object, desired: object, /
    ) -> Callable[[], int]:
        """A call that says whether it replaced the value; if not, it stores that at `expected`."""
        ...

    def fetch_add(
        self, value: object, operand: object, result: object, /
    ) -> Callable[[], object]: ...


class CalledWord:
    """A row of integers whose loads and stores are foreign calls. Owning thread only."""

    __slots__ = ("_address", "_base", "_block", "_length", "_load", "_scratch", "_store", "_width")

    def __init__(self, functions: ForeignFunctions, block: Block, offset: int, length: int) -> None:
        scratch = Block(CELL_BYTES)
        operand = scratch.pointer(0)
        self._block = block  # keeps the memory alive
        self._base = block.address + offset
        self._length = length
        self._width = functions.width
        items = scratch.bytes()[: functions.width]
        self._scratch = items.cast("q") if functions.width == 8 else items
        self._address = ctypes.c_void_p(self._base)
        self._load = functions.load(self._address, operand)
        self._store = functions.store(self._address, operand)

    def _aim_at(self, index: int) -> None:
        """Point the prepared address at item `index`; the library gets it at the call."""
        if not 0 <= index < self._length:
            raise IndexError(f"index {index} is outside [0, {self._length})")
        self._address.value = self._base + index * self._width

    def __getitem__(self, index: int, /) -> int:
        self._aim_at(index)
        self._load()
        return self._scratch[0]

    def __setitem__(self, index: int, value: int, /) -> None:
        self._aim_at(index)
        self._scratch[0] = value
        self._store()


class ForeignCellView:
    """One thread's access to a cell: its own word and prepared calls. Owning thread only.

    The read-modify-writes are closures over the arguments. They keep the memory alive that the
    arguments point to, so a closure may outlive the view.
    """

    __slots__ = ("compare_and_set", "exchange", "fetch_add", "has_set", "word")

    def __init__(self, functions: ForeignFunctions, value: object, word: Word) -> None:
        self.word: Final = word
        scratch = Block(CELL_BYTES)
        # Four integers. 0: what a swap expects; a swap that fails stores the value it found there.
        # 1: what a swap stores. 2: the result of the other operations. 3: their operand.
        operands: Final = scratch.bytes()[:32].cast("q")
        result, operand = scratch.pointer(16), scratch.pointer(24)
        call_compare_exchange: Final = functions.compare_exchange(
            value, scratch.pointer(0), scratch.pointer(8)
        )
        call_exchange: Final = functions.exchange(value, operand, result)
        call_fetch_add: Final = functions.fetch_add(value, operand, result)

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


_ORDERING: Final = {
    WordKind.PLAIN: "loads and stores are plain moves, in order here",
    WordKind.FENCED: "loads and stores are moves beside a fence, each about 80 ns slower",
    WordKind.CALLED: "loads and stores are foreign calls, each about 600 ns",
}


class ForeignOperations:
    """The operations of a C library, for `ProcessMemory`. See `AtomicOperations`. Any thread.

    Args:
        name: what `RINGBUFFER_ATOMICS` calls it.
        source: what it comes from, for people.
        bind: its functions for integers of so many bytes.
        words: how words are loaded and stored; the default is the fastest that is right.

    Raises:
        MemoryBindingError: the library cannot be used.
        ValueError: words of this kind are not ordered on this machine.
    """

    __slots__ = ("_byte", "_word", "name", "source", "words")

    def __init__(
        self,
        name: str,
        source: str,
        bind: Callable[[int], ForeignFunctions],
        words: WordKind | None = None,
    ) -> None:
        allowed = allowed_kinds()
        if words is not None and words not in allowed:
            names = ", ".join(str(kind) for kind in allowed)
            raise ValueError(
                f"words={words}: these are not ordered on this machine with this interpreter; "
                f"leave the argument out, or give one of: {names}"
            )
        self.name: Final = name
        self.source: Final = source
        self.words: Final = words or allowed[0]
        self._word: Final = bind(8)
        self._byte: Final = bind(1)

    @property
    def words_in_one_step(self) -> bool:
        return self.words is WordKind.PLAIN

    @property
    def ordering(self) -> str:
        return _ORDERING[self.words]

    def word(self, block: Block, offset: int, /) -> Word:
        if self.words is WordKind.CALLED:
            return CalledWord(self._word, block, offset, 1)
        moves = block.bytes()[offset : offset + 8].cast("q")
        return moves if self.words is WordKind.PLAIN else FencedWord(moves)

    def cell_view(self, block: Block, offset: int, /) -> ForeignCellView:
        return ForeignCellView(self._word, block.pointer(offset), self.word(block, offset))

    def flag_view(self, block: Block, length: int, /) -> FlagView:
        if self.words is WordKind.CALLED:
            return CalledFlagView(CalledWord(self._byte, block, 0, length))
        plain = PlainFlagView(block.bytes()[:length])
        return plain if self.words is WordKind.PLAIN else FencedFlagView(plain)
