"""What the library needs from shared memory, and all that it knows about it.

Everything shared has two interfaces. Any thread may use the *shared face* (`Cell`, `FlagArray`),
which is for set-up and rare operations. A *view* belongs to the one thread that asked for it. On a
free-threaded interpreter, each use of another thread's object is an atomic operation on its
reference count. So each thread that runs a hot loop has its own view.

A view's `word` is read with `word[0]` (load-acquire) and written with `word[0] = value`
(store-release). Where the machine's plain moves have that order, the word *is* a `memoryview` and
the access is a single bytecode. So it is if the word is native.

Implementations: `ringbuffer.memory.ProcessMemory`; in tests, a memory that counts or schedules
every access. No protocol here requires that the memory belongs to one process.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol


class Word(Protocol):
    """One shared integer (index 0), or a row of them: load-acquire and store-release for each."""

    def __getitem__(self, index: int, /) -> int: ...

    def __setitem__(self, index: int, value: int, /) -> None: ...


class CellView(Protocol):
    """One thread's access to a cell. Owning thread only."""

    @property
    def word(self) -> Word:
        """The value as `word[0]`: load-acquire, store-release."""
        ...

    def get(self) -> int:
        """Load with acquire semantics."""
        ...

    def set(self, value: int, /) -> None:
        """Store with release semantics."""
        ...

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        """Replace `expected` by `desired` if the cell holds `expected`; returns whether it did.

        Sequentially consistent. CPython may run a signal handler after the operation and before
        its result is known. If the handler raises, `has_set` knows the result.
        """
        ...

    def has_set(self, expected: int, desired: int, /) -> bool:
        """Whether a `compare_and_set(expected, desired)` that has just raised replaced the value.

        An interrupt may also come before the operation. So the answer relies on the pair: this view
        must not have replaced `expected` by `desired` in an earlier call. A new view has not done
        so, and a value that only grows never recurs.
        """
        ...

    def exchange(self, value: int, /) -> int:
        """Store `value`, return the value before (sequentially consistent, so a full fence)."""
        ...

    def fetch_add(self, delta: int, /) -> int:
        """Add `delta`, return the value before (sequentially consistent)."""
        ...


class Cell(Protocol):
    """One signed 64-bit integer on its own cache lines. Any thread."""

    def load(self) -> int:
        """Load with acquire semantics."""
        ...

    def store(self, value: int, /) -> None:
        """Store with release semantics."""
        ...

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        """As `CellView.compare_and_set`, from any thread."""
        ...

    def exchange(self, value: int, /) -> int:
        """As `CellView.exchange`, from any thread."""
        ...

    def fetch_add(self, delta: int, /) -> int:
        """As `CellView.fetch_add`, from any thread."""
        ...

    def view(self) -> CellView:
        """The calling thread's own access to this cell."""
        ...


class FenceLock(Protocol):
    """A lock that a thread takes and releases in one step, as a fence. Any thread.

    `fence_lock[0] = None` is one passage. Of two passages one is first. What its thread did before
    it is visible to the other thread after its own passage. (Downey, *The Little Book of
    Semaphores*, calls this a turnstile.) It stores no value, and supports weak references.
    """

    def __setitem__(self, index: int, value: None, /) -> None: ...


class FlagView(Protocol):
    """One thread's access to a row of one-byte flags. Owning thread only."""

    @property
    def items(self) -> Word:
        """Each flag: `items[i]` is a load-acquire, `items[i] = value` a store-release."""
        ...

    def fill(self, start: int, stop: int, value: int, /) -> None:
        """Set the flags of `[start, stop)`, in any order, each with release semantics."""
        ...

    def find(self, value: int, start: int, stop: int, /) -> int:
        """The first index in `[start, stop)` whose flag is `value`, or -1.

        Each flag that it reads is read with acquire semantics.
        """
        ...


class FlagArray(Protocol):
    """A fixed row of one-byte flags. Any thread may ask for a view."""

    def view(self) -> FlagView:
        """The calling thread's own access to these flags."""
        ...


class SlotView[T](Protocol):
    """One thread's access to the slots of a ring. Owning thread only.

    It behaves as a list whose length never changes. It is a list, or a `StripedSlots` over lists:
    only these can move batches. A slot is loaded with acquire and stored with release. The
    functions of `ringbuffer.memory.ranges` move many slots at a time.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[T]: ...

    def __getitem__(self, index: int, /) -> T: ...

    def __setitem__(self, index: int, value: T, /) -> None: ...


class Slots[T](Protocol):
    """The slots of a ring. Any thread may ask for a view."""

    def view(self) -> SlotView[T]:
        """The calling thread's own access to the slots."""
        ...


class MemoryBlock(Protocol):
    """Zeroed memory in one piece. Any thread."""

    def bytes(self) -> "memoryview[int]":
        """The calling thread's own writable view of it, which keeps it alive."""
        ...


class SlotLayout(Enum):
    """How slots are divided among lists.

    CPython locks a list while it stores an item, or stores or copies a slice. So threads that use
    one list delay each other, even where they use different slots: they wait for the lock, and the
    cache line of the lock and of the list's reference count moves between processors.
    """

    #: One list for all slots: for threads that do not use the slots at the same time.
    FLAT = "flat"
    #: A list for each stripe of many slots: for batches.
    STRIPED = "striped"
    #: A list for each slot: for values that threads pass on one by one.
    PER_SLOT = "per slot"


class Memory(Protocol):
    """A provider of shared memory. Any thread."""

    @property
    def words_in_one_step(self) -> bool:
        """Whether the load or store of a word is one bytecode, in which no signal handler runs."""
        ...

    def cell(self, initial: int = 0, /) -> Cell:
        """A new cell holding `initial`."""
        ...

    def flags(self, length: int, initial: int, /) -> FlagArray:
        """A new row of `length` flags, each `initial` (0 to 255)."""
        ...

    def fence_lock(self) -> FenceLock:
        """A new fence lock."""
        ...

    def block(self, size: int, /) -> MemoryBlock:
        """A new block of `size` bytes, each 0, aligned to a cache line."""
        ...

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        """Slots over `events`, which stay in place: every view may be a copy of the list."""
        ...

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.FLAT) -> Slots[Any]:
        """`length` slots for any objects, None at first. Every view loads what one view stores."""
        ...
