"""Ctrl-C in two steps: the first asks the replay to end, the second aborts it.

The usual `KeyboardInterrupt` strikes anywhere: between a claim and its publication, or right after a wait strategy has taken
its lock, which then nobody releases. So a first Ctrl-C only leaves a note, and is raised where that can do no harm: while
the publisher waits for input, which may never come.
"""

import signal
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Final, Self


class Interruption:
    """Takes Ctrl-C over as long as it is entered; where it is ignored, or has another handler, it stays so. Main thread only.

    Attributes:
        requested: whether there was a Ctrl-C.
    """

    def __init__(self) -> None:
        self.requested = False
        self._waiting = False
        self._taken: Final = signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def until_requested[T](self, items: Iterable[T]) -> Iterator[T]:
        """The items, until a Ctrl-C; it also ends the wait for an item."""
        iterator = iter(items)
        try:
            while True:
                # In this order: a Ctrl-C comes either before the look, and is seen, or after it, and is raised.
                self._waiting = True
                if self.requested:
                    break
                item = next(iterator)
                self._waiting = False
                yield item
        except (StopIteration, KeyboardInterrupt):
            pass
        finally:
            self._waiting = False

    def __enter__(self) -> Self:
        if self._taken:
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._taken:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        aborts = self.requested or self._waiting
        self.requested = True
        if aborts:
            raise KeyboardInterrupt
