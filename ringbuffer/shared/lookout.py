"""`LookoutMemory`: an alert that a barrier looks at, and that looks around itself.

A consumer that waits at a barrier loads its alert again and again. No other process can alert it:
the barrier belongs to this one. So the alert of a barrier of a shared ring asks, at most every
10 ms, whether the waiting consumer has a reason to stop: the ring is closed, or no process
produces. Then it alerts the barrier. The strategies and barriers need not know of it.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.host import Host
from ringbuffer.memory import AtomicOperations, CellView, ProcessMemory, Word
from ringbuffer.memory.process import ProcessCell

#: How long a waiting consumer waits between two looks, in seconds.
LOOK_SECONDS: Final = 0.01
#: The clock is read once in so many turns.
TURNS: Final = 16


class LookoutWord:
    """The word of an alert, for one thread. See `Word`. Owning thread only."""

    __slots__ = ("_alert", "_host", "_next_look", "_turns", "_wants_alert")

    def __init__(self, alert: Word, host: Host, wants_alert: Callable[[], bool]) -> None:
        self._alert: Final = alert
        self._host: Final = host
        self._wants_alert: Final = wants_alert
        self._turns = 0
        self._next_look = 0.0

    def __getitem__(self, index: int, /) -> int:
        self._turns += 1
        if self._turns % TURNS == 0:
            now = self._host.monotonic()
            if now >= self._next_look:
                self._next_look = now + LOOK_SECONDS
                if self._wants_alert():
                    self._alert[0] = 1
        return self._alert[0]

    def __setitem__(self, index: int, value: int, /) -> None:
        self._alert[0] = value


class LookoutView:
    """One thread's access to an alert. See `CellView`. Owning thread only."""

    __slots__ = ("_view", "compare_and_set", "exchange", "fetch_add", "has_set", "word")

    def __init__(self, view: CellView, host: Host, wants_alert: Callable[[], bool]) -> None:
        self._view: Final = view
        self.word: Final = LookoutWord(view.word, host, wants_alert)
        self.compare_and_set: Final = view.compare_and_set
        self.exchange: Final = view.exchange
        self.fetch_add: Final = view.fetch_add
        self.has_set: Final = view.has_set

    def get(self) -> int:
        return self.word[0]

    def set(self, value: int, /) -> None:
        self.word[0] = value


class LookoutCell(ProcessCell):
    """The cell of an alert. Any thread."""

    __slots__ = ("_host", "_wants_alert")

    def __init__(
        self, operations: AtomicOperations, host: Host, wants_alert: Callable[[], bool]
    ) -> None:
        super().__init__(0, operations)
        self._host: Final = host
        self._wants_alert: Final = wants_alert

    def view(self) -> LookoutView:
        """The calling thread's own access."""
        return LookoutView(super().view(), self._host, self._wants_alert)


class LookoutMemory(ProcessMemory):
    """What provides the alert of one barrier. See `Memory`. Any thread.

    Args:
        operations: what loads and stores the alert.
        host: what provides the clock.
        wants_alert: whether the consumer has a reason to look up. It may take some microseconds.
    """

    __slots__ = ("_host", "_wants_alert")

    def __init__(
        self, operations: AtomicOperations, host: Host, wants_alert: Callable[[], bool]
    ) -> None:
        super().__init__(atomics=operations)
        self._host: Final = host
        self._wants_alert: Final = wants_alert

    def cell(self, initial: int = 0, /) -> LookoutCell:
        return LookoutCell(self.atomics, self._host, self._wants_alert)
