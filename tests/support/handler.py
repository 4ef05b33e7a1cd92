"""`at_signal_point`: runs a function in a call, where CPython may run a signal handler."""

import threading
from collections.abc import Callable

from tests.interrupts.points import Points


class HandlerPoints(Points):
    """While it is entered, it runs `handler` at one point of the watched call, and does not raise.

    Attributes:
        handler: what is run.
        was_run: whether it was.
    """

    def __init__(self) -> None:
        super().__init__()
        self.handler: Callable[[], object] = lambda: None
        self.was_run = False

    def watch(self, call: Callable[[], object], number: int, handler: Callable[[], object]) -> bool:
        """Make a call, and run the handler at point `number`, from 0. Returns whether it ran."""
        self.handler, self.was_run = handler, False
        self.begin(number)
        try:
            call()
        finally:
            self.end()
        return self.was_run

    def _interrupt(self) -> None:
        self.end()
        self.was_run = True
        try:
            self.handler()
        finally:
            self._thread = threading.get_ident()

    def _interrupt_later(self) -> None:
        self._interrupt()
