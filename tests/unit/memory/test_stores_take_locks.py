"""What the memory model takes from CPython: some stores take the lock of what they store to.

docs/memory-model.md counts them as fences. Here a thread holds the lock, and another one stores: it
must be found waiting for the lock. CPython says so in the lock itself, so nothing depends on time.
"""

import ctypes
import sys
import sysconfig
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer.memory import words
from ringbuffer.memory.fence_lock import ListFenceLock
from ringbuffer.memory.store_locks import LOCK_OFFSET, LOCKED, stores_take_locks

pytestmark = pytest.mark.skipif(
    sysconfig.get_config_var("Py_GIL_DISABLED") != 1 or sys.maxsize < 2**32,
    reason="objects have locks in free-threaded builds only; the offset is that of 64 bits",
)

HAS_WAITERS = 2
#: So often a store has run before: CPython specialises what runs often.
WARM = 5_000


def is_waited_for(thing: object, store: Callable[[], None]) -> bool:
    """Whether a store by another thread waits for the lock of `thing`, which this one holds."""
    address = id(thing) + LOCK_OFFSET
    lock = ctypes.c_uint8.from_address(address)
    # PYFUNCTYPE: the calling thread keeps its thread state, as CPython's own code does.
    take, release = (
        ctypes.PYFUNCTYPE(None, ctypes.c_void_p)((name, ctypes.pythonapi))
        for name in ("PyMutex_Lock", "PyMutex_Unlock")
    )
    warm, go, done = threading.Event(), threading.Event(), threading.Event()

    def other() -> None:
        for _ in range(WARM):
            store()
        warm.set()
        go.wait()
        store()
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    warm.wait()
    assert lock.value == 0
    take(address)
    go.set()
    # Ends: the store is done, or its thread is in the queue of those that wait for the lock.
    while not (waits := lock.value == LOCKED | HAS_WAITERS) and not done.is_set():
        pass
    release(address)
    thread.join()
    assert lock.value == 0
    return waits


def item_of(things: Any) -> Callable[[], None]:
    def store() -> None:
        things[0] = None

    return store


def test_a_store_to_an_item_takes_the_lock_of_the_list() -> None:
    things = ListFenceLock()
    assert is_waited_for(things, item_of(things))


def test_a_store_to_a_variable_of_a_closure_takes_the_lock_of_its_cell() -> None:
    claimed = 0

    def claim() -> None:
        nonlocal claimed
        claimed = 1

    assert claim.__closure__ is not None
    assert is_waited_for(claim.__closure__[0], claim)


def test_a_store_that_takes_no_lock_is_recognised() -> None:
    cell = memoryview(bytearray(8)).cast("q")
    things = [None]

    def store() -> None:
        cell[0] = 1

    assert not is_waited_for(things, store)


def test_the_library_finds_out_when_it_is_imported() -> None:
    assert words.LISTS_ARE_LOCKED
    assert stores_take_locks(ListFenceLock)


def test_a_kind_whose_stores_take_no_lock_is_found_out() -> None:
    items: dict[int, object] = {}

    class Unlocked:
        def __setitem__(self, index: int, value: object) -> None:
            items[index] = value  # takes the lock of the dictionary

    assert not stores_take_locks(Unlocked)
