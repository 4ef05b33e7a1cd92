"""Hardware atomics without switching the GIL back on.

The `atomics` package is two things: a C library of lock-free operations, libpatomic, and a Python
API over it that uses cffi. On free-threaded CPython 3.13, `import atomics` imports cffi's extension
module, which re-enables the GIL. But the package also contains a description of libpatomic for
`ctypes` (`atomics/_impl/patomic.py`), which imports neither.

So this module finds the package without importing it, loads that one file by its path, and takes
the addresses of the operations from it. They work on 64-bit and 8-bit integers. Loads and stores
take their memory order as an argument. Read-modify-writes come from a second table and are always
sequentially consistent.

The calls are made through `PYFUNCTYPE` with arguments prepared in advance: see `process.py` and
`words.py`. It does not detach the thread state, because the operations take nanoseconds. An
argument costs more than the operation, so an operation whose order is fixed does not take it.
"""

import ctypes
import enum
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
    """libpatomic's operations on integers of one width, called with prepared ctypes arguments.

    Args:
        table: the loaded `atomics._impl.patomic` module.
        width: bytes of the integer.

    Raises:
        MemoryBindingError: libpatomic has no lock-free form of an operation at this width on this
        machine.
    """

    __slots__ = ("alignment", "compare_exchange", "exchange", "fetch_add", "load", "store", "width")

    def __init__(self, table: Any, width: int) -> None:
        operations = table.Patomic.ops(width)
        # It has the same layout, but its functions take no order: the order is given here, once.
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
        self.compare_exchange: Final = _function(
            ordered.xchg_ops.fp_cmpxchg_strong, ctypes.c_int, "compare-and-swap", width
        )
        #: fetch_add(address, delta, result)
        self.fetch_add: Final = _function(
            ordered.signed_ops.fp_fetch_add, None, "fetch-and-add", width
        )


def _function(pointer: Any, result: Any, operation: str, width: int) -> Callable[..., Any]:
    """A callable over one entry of libpatomic's table of function pointers."""
    address = ctypes.cast(pointer, ctypes.c_void_p).value
    if address is None:
        raise MemoryBindingError(
            f"libpatomic has no lock-free {operation} for integers of {width} bytes on this "
            f"machine; ringbuffer needs a processor with lock-free 8-byte and 1-byte atomics"
        )
    return ctypes.PYFUNCTYPE(result)(address)


def bind(width: int) -> AtomicOperations:
    """Libpatomic's operations on integers of `width` bytes.

    Raises:
        MemoryBindingError: the `atomics` package is missing, of another version than the one this
            library was written against, incomplete, or without lock-free operations of this width.
    """
    return AtomicOperations(_load_table(), width)


def _version(folder: pathlib.Path) -> str | None:
    """Returns the version of `atomics`, which is in `folder`, or None if it is not installed.

    The metadata are beside the package, in a folder that is named after the version. Otherwise
    `importlib.metadata`, which loads 60 modules, looks for them.
    """
    if (folder.parent / f"atomics-{ATOMICS_VERSION}.dist-info" / "METADATA").is_file():
        return ATOMICS_VERSION
    import importlib.metadata

    try:
        return importlib.metadata.version("atomics")
    except importlib.metadata.PackageNotFoundError:
        return None


def _load_table() -> Any:
    """Load `atomics/_impl/patomic.py` by path: neither `atomics` nor cffi is imported."""
    package = importlib.util.find_spec("atomics")
    folder = (
        package.submodule_search_locations[0]
        if package and package.submodule_search_locations
        else None
    )
    found = None if folder is None else _version(pathlib.Path(folder))
    if folder is None or found is None:
        raise MemoryBindingError(
            f"the package 'atomics' is not installed; run: pip install atomics=={ATOMICS_VERSION}"
        )
    if found != ATOMICS_VERSION:
        raise MemoryBindingError(
            f"ringbuffer binds to the C library inside atomics=={ATOMICS_VERSION}, but version "
            f"{found} is installed; run: pip install atomics=={ATOMICS_VERSION}"
        )
    path = pathlib.Path(folder, "_impl", "patomic.py")
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
            f"atomics {found} is installed but its C library cannot be used ({error}); reinstall "
            f"it with: pip install --force-reinstall --no-deps atomics=={ATOMICS_VERSION}"
        ) from error
    return table
