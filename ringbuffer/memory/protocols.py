"""What the rest of the library asks of memory, and all that it knows about it.

Two faces of everything shared. The *shared face* (`Cell`, `FlagArray`) may be used by any thread and is for set-up
and for rare operations. A *view* belongs to the one thread that asked for it: on a free-threaded interpreter every use
of another thread's object is an atomic operation on its reference count, so each thread that runs a hot loop has its own.

A view's `word` is read with `word[0]` (load-acquire) and written with `word[0] = value` (store-release). Where the
machine's plain moves already are that, the word *is* a `memoryview` and the access a single bytecode.

Implementations: `ringbuffer.memory.ProcessMemory`; in tests, a memory that counts or schedules every access. Nothing
here says that the memory belongs to one process.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol


class Word(Protocol):
    """One shared integer (index 0), or a row of them; each item is read with acquire and written with release."""

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
        """Replace `expected` by `desired` if it still stands there (sequentially consistent); say whether it did."""
        ...

    def exchange(self, value: int, /) -> int:
        """Store `value`, return what stood there (sequentially consistent, so a full fence)."""
        ...

    def fetch_add(self, delta: int, /) -> int:
        """Add `delta`, return what stood there before (sequentially consistent)."""
        ...


class Cell(Protocol):
    """One signed 64-bit integer on cache lines of its own. Any thread."""

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


class Turnstile(Protocol):
    """What threads pass one at a time: `turnstile[0] = None`. Any thread.

    Of two passages one is first, and what its thread did before it is visible to the other thread after its own: as if each had
    taken a lock and given it back (Downey, *The Little Book of Semaphores*). It holds nothing, and can be referred to weakly.
    """

    def __setitem__(self, index: int, value: None, /) -> None: ...


class Door(Protocol):
    """A thread's own way to something that others can shut: `door[0]` says that it is inside, `door[1]` that it is shut.

    The thread stores that it is inside, and then looks whether the door is shut; if so, it turns back. Who shuts the door
    stores that, and then looks whether the thread is inside. Each of the two stores passes the same turnstile, so one of them
    is first, and the other thread's look sees it. (The two stores and looks are Dekker's; that they cost the one thread little,
    and the other one more, is the idea of biased locks: Russell and Detlefs, *Eliminating Synchronization-Related Atomic
    Operations with Biased Locking and Bulk Rebiasing*, 2006.)
    """

    def __getitem__(self, index: int, /) -> bool:
        """What its thread has stored last (0), or whether the door is shut (1). Owning thread only."""
        ...

    def __setitem__(self, index: int, value: bool, /) -> None:
        """Go in (0, True), or out (0, False), the latter with release. Owning thread only."""
        ...

    def shut(self) -> None:
        """Let the thread in no more. Any thread."""
        ...

    def is_inside(self) -> bool:
        """Whether the thread is inside. Any thread. If not, what it did before it went out is visible."""
        ...


class FlagView(Protocol):
    """One thread's access to a row of one-byte flags. Owning thread only."""

    @property
    def items(self) -> Word:
        """The flags one at a time: `items[i]` is a load-acquire, `items[i] = value` a store-release."""
        ...

    def fill(self, start: int, stop: int, value: int, /) -> None:
        """Set the flags of `[start, stop)`, in no particular order, each with release semantics."""
        ...

    def find(self, value: int, start: int, stop: int, /) -> int:
        """The first index in `[start, stop)` whose flag is `value`, or -1; every flag read, read with acquire."""
        ...


class FlagArray(Protocol):
    """A fixed row of one-byte flags. Any thread may ask for a view."""

    def view(self) -> FlagView:
        """The calling thread's own access to these flags."""
        ...


class SlotView[T](Protocol):
    """One thread's access to the slots of a ring, as to a list whose length never changes. Owning thread only.

    It is a list, or a `RowView` over lists: nothing else can move batches.
    A slot is loaded with acquire and stored with release. Many at a time move by the functions of `ringbuffer.memory.ranges`.
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


class SlotLayout(Enum):
    """How slots lie in lists.

    CPython locks a list while an item of it is stored, or a slice is stored or copied. So threads at one list get in each
    other's way although each is at slots of its own: they wait for the lock, and the line of memory that holds it, and the
    list's reference count, goes from processor to processor.
    """

    #: One list, for who takes turns anyway.
    LIST = "list"
    #: Rows of many slots, each a list: for batches.
    ROWS = "rows"
    #: Each slot a row of its own: for values that go from thread to thread one by one.
    CELLS = "cells"


class Memory(Protocol):
    """A provider of shared memory. Any thread."""

    def cell(self, initial: int = 0, /) -> Cell:
        """A new cell holding `initial`."""
        ...

    def flags(self, length: int, initial: int, /) -> FlagArray:
        """A new row of `length` flags, each `initial` (0 to 255)."""
        ...

    def turnstile(self) -> Turnstile:
        """A new turnstile."""
        ...

    def door(self) -> Door:
        """A new door, open, with nobody inside."""
        ...

    def event_slots[T](self, events: list[T], /) -> Slots[T]:
        """Slots over `events`, which never change place: every view may be a copy of the list."""
        ...

    def value_slots(self, length: int, /, layout: SlotLayout = SlotLayout.LIST) -> Slots[Any]:
        """`length` slots that hold any object, None at first: what one view stores, every view loads."""
        ...
