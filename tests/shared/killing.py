"""`KillingOperations`: shared words of a process that kills itself at a chosen access."""

import os
import signal
from collections.abc import Callable
from typing import Final

from ringbuffer.memory import AtomicOperations, CellView, FlagView, Word
from ringbuffer.memory.words import Block


class Steps:
    """Counts the steps of this process, and kills it at one of them. One thread.

    Args:
        last: the number of the step that it does not survive; None survives all.
    """

    def __init__(self, last: int | None) -> None:
        self.count = 0
        self._last: Final = last

    def __call__(self) -> None:
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()
        self.count += 1


class KillingWord:
    """A word whose accesses are steps."""

    def __init__(self, word: Word, step: Callable[[], None]) -> None:
        self._word: Final = word
        self._step: Final = step

    def __getitem__(self, index: int, /) -> int:
        self._step()
        return self._word[index]

    def __setitem__(self, index: int, value: int, /) -> None:
        self._step()
        self._word[index] = value


class KillingView:
    """A view of a cell whose accesses are steps."""

    def __init__(self, view: CellView, step: Callable[[], None]) -> None:
        self._view: Final = view
        self._step: Final = step
        self.word: Final[Word] = KillingWord(view.word, step)

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value

    def compare_and_set(self, expected: int, desired: int, /) -> bool:
        self._step()
        return self._view.compare_and_set(expected, desired)

    def has_set(self, expected: int, desired: int, /) -> bool:
        return self._view.has_set(expected, desired)

    def exchange(self, value: int, /) -> int:
        self._step()
        return self._view.exchange(value)

    def fetch_add(self, delta: int, /) -> int:
        self._step()
        return self._view.fetch_add(delta)


class KillingOperations:
    """See `AtomicOperations`.

    Args:
        operations: what really loads and stores.
        step: called before each access.
    """

    words_in_one_step: Final = False

    def __init__(self, operations: AtomicOperations, step: Callable[[], None]) -> None:
        self._operations: Final = operations
        self._step: Final = step
        self.name: Final = operations.name
        self.source: Final = operations.source
        self.ordering: Final = operations.ordering

    def word(self, block: Block, offset: int, /) -> Word:
        return KillingWord(self._operations.word(block, offset), self._step)

    def cell_view(self, block: Block, offset: int, /) -> CellView:
        return KillingView(self._operations.cell_view(block, offset), self._step)

    def flag_view(self, block: Block, length: int, /) -> FlagView:
        return self._operations.flag_view(block, length)
