"""The operations of `ringbuffer_native`: cells and flags in C, an extra that nothing needs.

A compare-and-set is one call of C, and a word is loaded and stored in order on every processor
without a foreign call. The distribution `ringbuffer-ft-native` has its source and its licence, MIT.
"""

import importlib
import importlib.util
from typing import Any, Final

from ringbuffer.errors import MemoryBindingError
from ringbuffer.memory.protocols import CellView, FlagView, Word
from ringbuffer.memory.words import Block

MODULE: Final = "ringbuffer_native"
DISTRIBUTION: Final = "ringbuffer-ft-native"


class NativeOperations:
    """Cells and flags in C. See `AtomicOperations`. Any thread.

    Raises:
        MemoryBindingError: the module is not installed, or cannot be loaded.
    """

    __slots__ = ("_module",)

    name: Final = "native"
    source: Final = f"the C11 atomics of {DISTRIBUTION}"
    words_in_one_step: Final = True
    ordering: Final = "loads and stores are native, with acquire and release"

    def __init__(self) -> None:
        try:
            self._module: Final[Any] = importlib.import_module(MODULE)
        except ImportError as error:
            raise MemoryBindingError(
                f"the native cells cannot be used ({error}); run: pip install {DISTRIBUTION}"
            ) from error

    def word(self, block: Block, offset: int, /) -> Word:
        return self.cell_view(block, offset).word

    def cell_view(self, block: Block, offset: int, /) -> CellView:
        view: CellView = self._module.CellView(block.bytes(), offset)
        return view

    def flag_view(self, block: Block, length: int, /) -> FlagView:
        view: FlagView = self._module.FlagView(block.bytes(), length)
        return view


def is_installed() -> bool:
    """Whether there is such a module. It is not imported."""
    return importlib.util.find_spec(MODULE) is not None
