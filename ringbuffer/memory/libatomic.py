"""The operations of GCC's libatomic: hardware atomics for those who cannot ship `atomics`.

It is a runtime library of GCC, and its licence lets any program use it (the GCC Runtime Library
Exception). Its generic functions take addresses, as libpatomic's do; only
`__atomic_fetch_add_8` takes the number itself and returns the result.
See https://gcc.gnu.org/wiki/Atomic/GCCMM/LIbrary.
"""

import ctypes
import functools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory.foreign import ForeignFunctions, Order

LIBRARY: Final = "libatomic.so.1"
_ACQUIRE: Final = ctypes.c_int(Order.ACQUIRE)
_RELEASE: Final = ctypes.c_int(Order.RELEASE)
_SEQ_CST: Final = ctypes.c_int(Order.SEQ_CST)


class LibatomicFunctions:
    """libatomic's operations on integers of one width. See `ForeignFunctions`.

    Args:
        library: the loaded library; its functions are called without detaching the thread state.
        width: bytes of the integer, 8 or 1.

    Raises:
        MemoryBindingError: an operation takes a lock on this machine, or there is no such function.
    """

    __slots__ = ("_kind", "_library", "_size", "width")

    def __init__(self, library: ctypes.PyDLL, width: int) -> None:
        is_lock_free = library["__atomic_is_lock_free"]
        is_lock_free.restype = ctypes.c_bool
        if not is_lock_free(ctypes.c_size_t(width), None):
            raise MemoryBindingError(
                f"{LIBRARY} has no lock-free operations on integers of {width} bytes on this "
                f"machine; ringbuffer needs a processor with lock-free 8-byte and 1-byte atomics"
            )
        self.width: Final = width
        self._library: Final = library
        self._size: Final = ctypes.c_size_t(width)
        self._kind: Final[Any] = {8: ctypes.c_int64, 1: ctypes.c_uint8}[width]

    def load(self, value: object, result: object, /) -> Callable[[], object]:
        return self._prepare("load", self._size, value, result, _ACQUIRE)

    def store(self, value: object, operand: object, /) -> Callable[[], object]:
        return self._prepare("store", self._size, value, operand, _RELEASE)

    def exchange(self, value: object, operand: object, result: object, /) -> Callable[[], object]:
        return self._prepare("exchange", self._size, value, operand, result, _SEQ_CST)

    def compare_exchange(
        self, value: object, expected: object, desired: object, /
    ) -> Callable[[], int]:
        return self._prepare(
            "compare_exchange",
            self._size,
            value,
            expected,
            desired,
            _SEQ_CST,
            _SEQ_CST,
            result=ctypes.c_bool,
        )

    def fetch_add(self, value: object, operand: object, result: object, /) -> Callable[[], object]:
        delta, before = self._at(operand), self._at(result)
        add = self._prepare(f"fetch_add_{self.width}", value, delta, _SEQ_CST, result=self._kind)

        def fetch_add() -> None:
            before.value = add()

        return fetch_add

    def _at(self, address: Any) -> Any:
        """The integer at a prepared address. A call gets the value that it has at that time."""
        return self._kind.from_buffer(address._obj)

    def _prepare(self, name: str, *arguments: object, result: Any = None) -> Callable[[], Any]:
        try:
            function = self._library["__atomic_" + name]  # a new object, so the type is its own
        except AttributeError as error:
            raise MemoryBindingError(f"{LIBRARY} has no function __atomic_{name}") from error
        function.restype = result
        return functools.partial(function, *arguments)


def is_installed() -> bool:
    """Whether the system finds the library."""
    return _library() is not None


def bind(width: int) -> ForeignFunctions:
    """Libatomic's operations on integers of `width` bytes.

    Raises:
        MemoryBindingError: the system has no such library, or not all operations are lock-free.
    """
    library = _library()
    if library is None:
        raise MemoryBindingError(
            f"the system has no {LIBRARY}; install it, as with: apt-get install libatomic1"
        )
    return LibatomicFunctions(library, width)


@functools.cache
def _library() -> ctypes.PyDLL | None:
    try:
        return ctypes.PyDLL(LIBRARY)
    except OSError:
        return None
