"""`Mapping`: a file that several processes have in their memory.

The file is opened twice. The kernel's locks belong to one opening, and are released when nothing
refers to that any more. A mapping refers to the opening that it was made from, as long as it is
there. So the mapping and the locks have one each.

What happens in a child that `os.fork` makes. It would have the same mapping, and keep the locks of
its parent. So it gets a private copy of the mapping, at the same addresses: what it stores there,
other processes do not see. And it closes its descriptors, so that the locks end with the process
that took them.
"""

import ctypes
import mmap
import os
from typing import Any, ClassVar, Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.forks import made_here
from ringbuffer.memory.words import Block

_READ_WRITE: Final = 3
_PRIVATE_FIXED: Final = 0x02 | 0x10
_FAILED: Final = ctypes.c_void_p(-1).value


def _bind_remap() -> Any:
    """The function of the C library that maps; prepared here, because a child cannot import."""
    function = getattr(ctypes.PyDLL(None), "mmap", None)
    if function is None:
        raise MemoryBindingError("the C library has no mmap, so processes cannot share a ring")
    function.restype = ctypes.c_void_p
    function.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_ssize_t,
    ]
    return function


_remap: Final = _bind_remap()


class Mapping:
    """A file in the memory of this process. Any thread.

    Args:
        descriptor: of the open file; the mapping closes it.
        size: bytes of the file. All of them exist: a page that does not would end the process.

    Attributes:
        size: its bytes.
        is_private: whether this process is a child that a fork made, and has only a copy.
    """

    #: Functions that callers still hold use the memory, so a child keeps the object.
    _in_child: ClassVar[None] = None

    def __init__(self, descriptor: int, size: int) -> None:
        self.size: Final = size
        self.is_private = False
        self._raw: Final = mmap.mmap(descriptor, size, trackfd=False)
        self._locks = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC)
        self._descriptor = descriptor
        self._address: Final = ctypes.addressof(ctypes.c_char.from_buffer(self._raw))
        made_here(self)

    @property
    def descriptor(self) -> int:
        """The descriptor of the file; -1 once closed."""
        return self._descriptor

    @property
    def locks(self) -> int:
        """The descriptor that the kernel's locks belong to; -1 once closed."""
        return self._locks

    def block(self, offset: int, size: int) -> Block:
        """A part of the memory; it keeps the mapping alive.

        Raises:
            ValueError: it does not lie within the mapping, or is not aligned to 128 bytes.
        """
        if offset < 0 or size < 0 or offset + size > self.size or offset % 128:
            raise ValueError(f"no block of {size} bytes at {offset} in {self.size} bytes")
        return Block(size, self._raw, offset)

    def close(self) -> None:
        """Close the file, which releases its locks. The memory stays while blocks refer to it."""
        opened = self._locks, self._descriptor
        self._locks = self._descriptor = -1
        for each in opened:
            if each >= 0:
                os.close(each)

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:
            self.close()

    def _after_fork(self, made_in: int) -> None:
        """In a child: see above."""
        if self._descriptor >= 0:
            found = _remap(
                self._address, self.size, _READ_WRITE, _PRIVATE_FIXED, self._descriptor, 0
            )
            self.is_private = found != _FAILED
            self.close()
