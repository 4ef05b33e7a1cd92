"""Hardware atomics without switching the GIL back on.

The `atomics` package is two things: a C library of lock-free operations, libpatomic, and a Python
API over it that uses cffi. On free-threaded CPython 3.13, `import atomics` imports cffi's extension
module, which re-enables the GIL. But the package also contains a description of libpatomic for
`ctypes` (`atomics/_impl/patomic.py`), which imports neither.

So this module finds the package without importing it, loads that one file by its path, and takes
the addresses of the operations from it. They work on 64-bit and 8-bit integers. Loads and stores
take their memory order as an argument. Read-modify-writes come from a second table and are always
sequentially consistent.

The calls are made through `PYFUNCTYPE` with arguments prepared in advance: see `foreign.py`. It
does not detach the thread state, because the operations take nanoseconds. An argument costs more
than the operation, so an operation whose order is fixed does not take it.
"""

import ctypes
import functools
import importlib.util
import pathlib
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory.foreign import ForeignFunctions, Order
from ringbuffer.memory.words import check_alignment

ATOMICS_VERSION: Final = "1.0.3"


class PatomicFunctions:
    """libpatomic's operations on integers of one width. See `ForeignFunctions`.

    Args:
        table: the loaded `atomics._impl.patomic` module.
        width: bytes of the integer.

    Raises:
        MemoryBindingError: libpatomic has no lock-free form of an operation at this width on this
        machine, or asks for a coarser alignment than a cell's value has.
    """

    __slots__ = ("_compare_exchange", "_exchange", "_fetch_add", "_load", "_store", "width")

    def __init__(self, table: Any, width: int) -> None:
        operations = table.Patomic.ops(width)
        # It has the same layout, but its functions take no order: the order is given here, once.
        ordered = table.Patomic._get_lib().patomic_create(width, Order.SEQ_CST, 0, 0).ops
        self.width: Final = width
        # load(address, order, result), store(address, desired, order), exchange(address, desired,
        # result), compare_exchange(address, expected, desired), fetch_add(address, delta, result)
        self._load: Final = _function(operations.fp_load, None, "load", width)
        self._store: Final = _function(operations.fp_store, None, "store", width)
        self._exchange: Final = _function(ordered.xchg_ops.fp_exchange, None, "exchange", width)
        self._compare_exchange: Final = _function(
            ordered.xchg_ops.fp_cmpxchg_strong, ctypes.c_int, "compare-and-swap", width
        )
        self._fetch_add: Final = _function(
            ordered.signed_ops.fp_fetch_add, None, "fetch-and-add", width
        )
        check_alignment(int(table.Patomic.alignment(width).recommended), width)

    def load(self, value: object, result: object, /) -> Callable[[], object]:
        return functools.partial(self._load, value, _ACQUIRE, result)

    def store(self, value: object, operand: object, /) -> Callable[[], object]:
        return functools.partial(self._store, value, operand, _RELEASE)

    def exchange(self, value: object, operand: object, result: object, /) -> Callable[[], object]:
        return functools.partial(self._exchange, value, operand, result)

    def compare_exchange(
        self, value: object, expected: object, desired: object, /
    ) -> Callable[[], int]:
        return functools.partial(self._compare_exchange, value, expected, desired)

    def fetch_add(self, value: object, operand: object, result: object, /) -> Callable[[], object]:
        return functools.partial(self._fetch_add, value, operand, result)


_ACQUIRE: Final = ctypes.c_int(Order.ACQUIRE)
_RELEASE: Final = ctypes.c_int(Order.RELEASE)


def _function(pointer: Any, result: Any, operation: str, width: int) -> Callable[..., Any]:
    """A callable over one entry of libpatomic's table of function pointers."""
    address = ctypes.cast(pointer, ctypes.c_void_p).value
    if address is None:
        raise MemoryBindingError(
            f"libpatomic has no lock-free {operation} for integers of {width} bytes on this "
            f"machine; ringbuffer needs a processor with lock-free 8-byte and 1-byte atomics"
        )
    return ctypes.PYFUNCTYPE(result)(address)


def is_installed() -> bool:
    """Whether the package `atomics` is installed, of whatever version."""
    folder, version = _package()
    return folder is not None and version is not None


def bind(width: int) -> ForeignFunctions:
    """Libpatomic's operations on integers of `width` bytes.

    Raises:
        MemoryBindingError: the `atomics` package is missing, of another version than the one this
            library was written against, incomplete, or without lock-free operations of this width.
    """
    return PatomicFunctions(_load_table(), width)


def _package() -> tuple[pathlib.Path | None, str | None]:
    """Returns where a package of this name is, and its version; None for what there is not."""
    package = importlib.util.find_spec("atomics")
    if package is None or not package.submodule_search_locations:
        return None, None
    folder = pathlib.Path(package.submodule_search_locations[0])
    return folder, _version(folder)


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
    folder, found = _package()
    if folder is None or found is None:
        raise MemoryBindingError(
            f"the package 'atomics' is not installed; run: pip install atomics=={ATOMICS_VERSION}"
        )
    if found != ATOMICS_VERSION:
        raise MemoryBindingError(
            f"ringbuffer binds to the C library inside atomics=={ATOMICS_VERSION}, but version "
            f"{found} is installed; run: pip install atomics=={ATOMICS_VERSION}"
        )
    path = folder / "_impl" / "patomic.py"
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
