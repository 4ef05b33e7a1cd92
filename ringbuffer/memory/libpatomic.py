"""Hardware atomics without switching the GIL back on.

The `atomics` package is two things: a C library of lock-free operations, libpatomic, and a Python API over it that
goes through cffi. On free-threaded CPython 3.13, `import atomics` imports cffi's extension module, which re-enables the
GIL. But the package also carries a description of libpatomic for `ctypes` (`atomics/_impl/patomic.py`) which imports
nothing else. So: find the package without importing it, load that one file by its path, and take from it the addresses
of the operations on 64-bit and 8-bit integers: loads and stores, which are told their order, and read-modify-writes from a
second table, which are sequentially consistent by themselves.

The calls are made through `PYFUNCTYPE` (which does not detach the thread state: the operations take nanoseconds)
with arguments prepared beforehand: see `process.py` and `words.py`. An argument costs more than the operation, so those
whose order is fixed are not told it.
"""

import ctypes
import enum
import importlib.metadata
import importlib.util
import pathlib
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.errors import MemoryBindingError

ATOMICS_VERSION: Final = "1.0.3"


class Order(enum.IntEnum):
    """libpatomic's numbering of the memory orders, which is C11's."""

    RELAXED = 0
    CONSUME = 1
    ACQUIRE = 2
    RELEASE = 3
    ACQ_REL = 4
    SEQ_CST = 5


class AtomicOperations:
    """libpatomic's operations on integers of one width, as functions that take prepared ctypes arguments.

    Args:
        table: the loaded `atomics._impl.patomic` module.
        width: bytes of the integer.

    Raises:
        MemoryBindingError: libpatomic has no lock-free form of an operation at this width on this machine.
    """

    __slots__ = ("alignment", "compare_exchange", "exchange", "fetch_add", "load", "store", "width")

    def __init__(self, table: Any, width: int) -> None:
        operations = table.Patomic.ops(width)
        # Of the same layout, but its functions take no order: it is given here, once.
        ordered = table.Patomic._get_lib().patomic_create(width, Order.SEQ_CST, 0, 0).ops
        self.width: Final = width
        self.alignment: Final = int(table.Patomic.alignment(width).recommended)
        #: load(address, order, result)
        self.load: Final = _function(operations.fp_load, None, "load", width)
        #: store(address, desired, order)
        self.store: Final = _function(operations.fp_store, None, "store", width)
        #: exchange(address, desired, result), sequentially consistent, as are the two below
        self.exchange: Final = _function(ordered.xchg_ops.fp_exchange, None, "exchange", width)
        #: compare_exchange(address, expected, desired) -> 0 or 1
        self.compare_exchange: Final = _function(ordered.xchg_ops.fp_cmpxchg_strong, ctypes.c_int, "compare-and-swap", width)
        #: fetch_add(address, delta, result)
        self.fetch_add: Final = _function(ordered.signed_ops.fp_fetch_add, None, "fetch-and-add", width)


def _function(pointer: Any, result: Any, operation: str, width: int) -> Callable[..., Any]:
    """A callable over one entry of libpatomic's table of function pointers."""
    address = ctypes.cast(pointer, ctypes.c_void_p).value
    if address is None:
        raise MemoryBindingError(
            f"libpatomic has no lock-free {operation} for integers of {width} bytes on this machine; "
            f"ringbuffer needs a processor with lock-free 8-byte and 1-byte atomics"
        )
    return ctypes.PYFUNCTYPE(result)(address)


def bind(width: int) -> AtomicOperations:
    """Libpatomic's operations on integers of `width` bytes.

    Raises:
        MemoryBindingError: the `atomics` package is missing, of another version than the one this library was
            written against, incomplete, or without lock-free operations of this width.
    """
    return AtomicOperations(_load_table(), width)


def _load_table() -> Any:
    """Load `atomics/_impl/patomic.py` by path: neither `atomics` nor cffi is imported."""
    package = importlib.util.find_spec("atomics")
    try:
        found = importlib.metadata.version("atomics")
    except importlib.metadata.PackageNotFoundError:
        found = None
    if package is None or not package.submodule_search_locations or found is None:
        raise MemoryBindingError(f"the package 'atomics' is not installed; run: pip install atomics=={ATOMICS_VERSION}")
    if found != ATOMICS_VERSION:
        raise MemoryBindingError(
            f"ringbuffer binds to the C library inside atomics=={ATOMICS_VERSION}, but version {found} is installed; "
            f"run: pip install atomics=={ATOMICS_VERSION}"
        )
    path = pathlib.Path(package.submodule_search_locations[0], "_impl", "patomic.py")
    spec = importlib.util.spec_from_file_location("ringbuffer.memory._patomic_table", path)
    try:
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        table = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(table)
        create = table.Patomic._get_lib().patomic_create  # loads the shared library
        create.restype = table.Patomic._PatomicExplicit
        create.argtypes = [ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int]
        table.Patomic.ops(8)
    except (OSError, AttributeError) as error:
        raise MemoryBindingError(
            f"atomics {found} is installed but its C library cannot be used ({error}); reinstall it with: "
            f"pip install --force-reinstall --no-deps atomics=={ATOMICS_VERSION}"
        ) from error
    return table
