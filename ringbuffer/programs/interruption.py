"""Ctrl-C in two steps: the first asks the program to end, the second aborts it.

The usual `KeyboardInterrupt` may occur anywhere, for example between a claim and its publication.
It may also occur right after a wait strategy has taken its lock, which then no thread releases. So
the first Ctrl-C only sets a flag. It is raised where it is harmless: while the publisher waits for
input that may never come.
"""

import signal
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Final, Self


class Interruption:
    """Handles Ctrl-C inside its `with` block. Main thread only.

    If SIGINT is ignored, or has another handler, it has no effect.

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
                # In this order: a Ctrl-C before the test is seen by the test; one after it is
                # raised, because `_waiting` is set.
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

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._taken:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        aborts = self.requested or self._waiting
        self.requested = True
        if aborts:
            raise KeyboardInterrupt
