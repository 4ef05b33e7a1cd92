"""`Told`: an alert that a consumer raises itself, if that is picked, at the moment when it looks for one."""

from collections.abc import Callable
from typing import Final

from tests.schedules.conform.run import Pick
from tests.schedules.memory import ScheduledCell
from tests.schedules.task import Location
from tests.schedules.world import World

#: What a consumer picks that goes on.
GOES_ON: Final = "goes on"


class Told(ScheduledCell):
    """An alert of a processor.

    Args:
        world: of the run.
        location: of the alert.
        pick: which of the two it is.
        instead: what is picked if it is told to halt.
        halt: tells it.
    """

    __slots__ = ("_halt", "_instead", "_pick")

    def __init__(self, world: World, location: Location, pick: Pick, instead: str, halt: Callable[[], None]) -> None:
        super().__init__(world.scheduler, location)
        self._pick: Final = pick
        self._instead: Final = instead
        self._halt: Final = halt

    def view(self) -> "Told":
        return self

    @property
    def word(self) -> "Told":
        return self

    def load(self) -> int:
        scheduler, location = self._scheduler, self._location
        scheduler.reach("choose", location)
        task = scheduler.current
        if task is not None and self._pick((GOES_ON, self._instead), is_turn=False) == self._instead:
            scheduler.current = None  # nobody else's turn until it is halted
            self._halt()
            scheduler.current = task
        value: int = location.value
        scheduler.did("load", location, value)
        return value
