"""`atomic_operations`: which C library the cells of this process use."""

import os
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory import libatomic, libpatomic, native
from ringbuffer.memory.foreign import ForeignOperations
from ringbuffer.memory.native import NativeOperations
from ringbuffer.memory.operations import AtomicOperations
from ringbuffer.memory.words import WordKind

#: The environment variable that names one.
VARIABLE: Final = "RINGBUFFER_ATOMICS"


class _Provider(NamedTuple):
    is_installed: Callable[[], bool]
    make: Callable[[WordKind | None], AtomicOperations]


def _atomics(words: WordKind | None) -> AtomicOperations:
    source = f"libpatomic of atomics {libpatomic.ATOMICS_VERSION}"
    return ForeignOperations("atomics", source, libpatomic.bind, words)


def _native(words: WordKind | None) -> AtomicOperations:
    if words is not None:
        raise ValueError(f"words={words}: native cells have their own words; leave words out")
    return NativeOperations()


def _libatomic(words: WordKind | None) -> AtomicOperations:
    return ForeignOperations("libatomic", "libatomic of GCC", libatomic.bind, words)


#: In the order in which they are looked for.
_PROVIDERS: Final[Mapping[str, _Provider]] = {
    "atomics": _Provider(libpatomic.is_installed, _atomics),
    "native": _Provider(native.is_installed, _native),
    "libatomic": _Provider(libatomic.is_installed, _libatomic),
}
NAMES: Final = tuple(_PROVIDERS)


def installed() -> list[str]:
    """The names of those that are installed. It is not tried whether they work."""
    return [name for name, provider in _PROVIDERS.items() if provider.is_installed()]


def atomic_operations(name: str | None = None, words: WordKind | None = None) -> AtomicOperations:
    """The operations of that name; or those that the environment names; or the first installed.

    Args:
        name: "atomics", "native" or "libatomic"; None asks the variable `RINGBUFFER_ATOMICS`, and
            without it takes the first of these that is installed.
        words: how words are loaded and stored; None is the fastest way that is right.

    Raises:
        MemoryBindingError: there are none of this name, none is installed, or they cannot be used.
        ValueError: the name in an argument is unknown, or words of this kind are not ordered here.
    """
    named = name or os.environ.get(VARIABLE)
    if named is None or named == "":
        present = installed()
        if not present:
            raise MemoryBindingError(
                f"the package 'atomics' is not installed; run: pip install "
                f"atomics=={libpatomic.ATOMICS_VERSION}. Instead of it, ringbuffer takes "
                f"{native.DISTRIBUTION} or the system's {libatomic.LIBRARY}, and found neither"
            )
        named = present[0]
    if named not in _PROVIDERS:
        said = f"atomics={named!r}" if name else f"{VARIABLE}={named}"
        message = f"{said} is unknown; choose one of: {', '.join(NAMES)}"
        raise ValueError(message) if name else MemoryBindingError(message)
    return _PROVIDERS[named].make(words)
