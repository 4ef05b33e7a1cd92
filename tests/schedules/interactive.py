"""`Players`: tasks that take orders, one operation at a time, each as far as it comes by itself."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

from ringbuffer.testing.outcomes import Abandoned
from ringbuffer.testing.passing_time import expire
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.strategies import First
from ringbuffer.testing.task import ScheduledTask

type Operation = Callable[[], Any]


class Players:
    """Named tasks, and the calling thread as the one that tells them what to do.

    Attributes:
        scheduler: theirs.
        outcomes: what the last operation of each has returned, or raised; missing while it goes on.
    """

    def __init__(self, scheduler: Scheduler | None = None) -> None:
        self.scheduler: Final = Scheduler(First()) if scheduler is None else scheduler
        self.outcomes: Final[dict[str, Any]] = {}
        self._orders: Final[dict[str, Operation]] = {}
        self._caller: ScheduledTask | None = None

    def begin(self, *names: str) -> None:
        """Start the tasks; whatever is to be set up is set up by now."""
        for name in names:
            self.scheduler.spawn(functools.partial(self._play, name), name)
        self._caller = self.scheduler.adopt("caller")
        self._rest()

    def end(self) -> None:
        """End the tasks, wherever they are."""
        if self._caller is not None:
            self.scheduler.fail(Abandoned())
            self.scheduler.join()

    def order(self, name: str, operation: Operation) -> None:
        """Let an idle task do this. Returns when no task can continue without another order."""
        self.outcomes.pop(name, None)
        self._orders[name] = operation
        self._rest()

    def is_busy(self, name: str) -> bool:
        """Whether the task is in the middle of an operation, and waits for others."""
        return name in self._orders

    def let_time_pass(self, seconds: float) -> None:
        """Move the clock; those whose limits have passed go on."""
        self.scheduler.clock += seconds
        expire(self.scheduler)
        self._rest()

    @contextlib.contextmanager
    def outside_the_run(self) -> Iterator[None]:
        """In the block, the caller's accesses are not steps: it reads all, and changes nothing."""
        self.scheduler.current = None
        try:
            yield
        finally:
            self.scheduler.current = self._caller

    def _play(self, name: str) -> None:
        scheduler = self.scheduler
        while True:
            scheduler.reach("order", None, ready=lambda: name in self._orders)
            scheduler.begin_anew()
            try:
                self.outcomes[name] = self._orders[name]()
            except Exception as error:
                self.outcomes[name] = error
            del self._orders[name]

    def _rest(self) -> None:
        """Let all tasks continue that can."""
        scheduler, caller = self.scheduler, self._caller
        scheduler.reach(
            "rest",
            None,
            ready=lambda: (
                not any(each.can_go_on() for each in scheduler.tasks if each is not caller)
            ),
        )
