"""`KernelLocks`: locks that the kernel holds for a process, and releases when it dies.

They are locks of open files (`F_OFD_SETLK`): each is one byte far beyond the end of the ring's
file. They belong to the descriptor that took them. The kernel releases them when the descriptor is
closed for good: by the process, or at its death, once none of its threads runs any more. So a
process need not show that it lives, and the number of a dead process may be used again.

A child that `os.fork` makes has the same descriptor, and closes it at once: see
`ringbuffer.memory.mapping`.
"""

import fcntl
import os
import struct
from typing import Final

from ringbuffer.host import Host
from ringbuffer.memory.mapping import Mapping

#: `struct flock` of the C library, on 64-bit Linux: type, whence, start, length, process.
_FLOCK: Final = struct.Struct("hhqqi4x")
#: The first byte: no file is so long.
_BASE: Final = 1 << 40

#: The lock that a process holds while it chooses a seat.
TABLE: Final = 1000
#: The lock of the process that produces.
PRODUCTION: Final = 1001


class KernelLocks:
    """The locks of one attached ring. Any thread.

    Args:
        mapping: its open file.
        host: what provides a lock: the kernel does not tell two threads of a process apart.
    """

    __slots__ = ("_lock", "_mapping", "_mine", "_owners")

    def __init__(self, mapping: Mapping, host: Host) -> None:
        self._mapping: Final = mapping
        self._mine: Final[set[int]] = set()
        #: What has taken a lock, or is about to.
        self._owners: Final[dict[int, object]] = {}
        self._lock: Final = host.lock()

    def try_take(self, index: int, owner: object) -> bool:
        """Take a lock for `owner`; returns False if this process or another one has it.

        If a signal handler raises, the lock may be taken or not; `release` then releases it.
        """
        with self._lock:
            if index in self._owners:
                return False
            self._owners[index] = owner
            if not self._set(index, fcntl.F_WRLCK):
                del self._owners[index]
                return False
            self._mine.add(index)
            return True

    def release(self, index: int, owner: object) -> None:
        """Release a lock. Does nothing if `owner` does not have it. It may be called again."""
        try:
            self._release(index, owner)
        except BaseException:  # an interrupt: what it left undone is done now
            self._release(index, owner)
            raise

    def _release(self, index: int, owner: object) -> None:
        with self._lock:
            if self._owners.get(index) is owner:
                self._mine.discard(index)
                if self._mapping.locks >= 0:
                    self._set(index, fcntl.F_UNLCK)
                del self._owners[index]

    def taken_by(self, owner: object) -> list[int]:
        """The locks that `owner` has."""
        return [index for index, each in tuple(self._owners.items()) if each is owner]

    def is_mine(self, index: int) -> bool:
        """Whether this object has the lock."""
        return index in self._mine

    def is_held(self, index: int) -> bool:
        """Whether a living process has the lock, at a moment of the call."""
        if index in self._mine:
            return True
        if self._mapping.locks < 0:
            return False
        answer = fcntl.fcntl(
            self._mapping.locks, fcntl.F_OFD_GETLK, self._request(index, fcntl.F_WRLCK)
        )
        return int(_FLOCK.unpack(answer)[0]) != fcntl.F_UNLCK

    def _set(self, index: int, kind: int) -> bool:
        try:
            fcntl.fcntl(self._mapping.locks, fcntl.F_OFD_SETLK, self._request(index, kind))
        except BlockingIOError:
            return False
        except PermissionError:  # some systems report a lock of another process in this way
            return False
        return True

    @staticmethod
    def _request(index: int, kind: int) -> bytes:
        return _FLOCK.pack(kind, os.SEEK_SET, _BASE + index, 1, 0)
