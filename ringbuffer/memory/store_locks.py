"""`stores_take_locks`: does this interpreter lock a list while it stores an item?

`ListFenceLock` counts on that in a free-threaded build. It is a subclass of list. The bytecode that
CPython specialises for stores to lists asks for a list itself, and what it locks is another
question in each version. A subclass takes `list_ass_subscript`, which is a critical section on the
list (Objects/listobject.c, 3.13).
"""

import ctypes
import sys
from typing import Any, Final

#: Where the lock is in an object of a 64-bit build: after the id of its thread (8 bytes), and 2
#: bytes of padding or flags. See `struct _object` in Include/object.h.
LOCK_OFFSET: Final = 10
LOCKED: Final = 1


class _Replaced:
    """An item that looks at the lock of its list when it is dropped."""

    __slots__ = ("lock", "seen")

    def __init__(self, lock: ctypes.c_uint8, seen: list[int]) -> None:
        self.lock, self.seen = lock, seen

    def __del__(self) -> None:
        self.seen.append(self.lock.value)


def stores_take_locks(kind: type[Any]) -> bool:
    """Whether a store to item 0 of an object of this kind holds the object's lock. Microseconds.

    CPython drops the item that is replaced before it releases the lock. So the item can look.
    In a build with a GIL, the GIL orders the stores, and the answer is True. Where the lock is
    elsewhere in the object, the answer is False, unless another byte changes as a lock does.
    """
    # `sysconfig` says the same, but takes long to load. Without flags, the item must look.
    if "t" not in getattr(sys, "abiflags", "t"):
        return True
    things, seen = kind(), list[int]()
    lock = ctypes.c_uint8.from_address(id(things) + LOCK_OFFSET)
    things[0] = _Replaced(lock, seen)
    before = lock.value
    things[0] = None
    return (before, seen, lock.value) == (0, [LOCKED], 0)
