"""`PickedAlert`: an alert that a consumer raises itself, if that is picked, when it checks it."""

from collections.abc import Callable
from typing import Final

from ringbuffer.testing.scheduled_memory import ScheduledCell
from ringbuffer.testing.task import Location
from tests.schedules.conform.run import Pick
from tests.schedules.world import World

#: What a consumer picks that goes on.
GOES_ON: Final = "goes on"


class PickedAlert(ScheduledCell):
    """An alert of a processor.

    Args:
        world: of the run.
        location: of the alert.
        pick: which of the two it is.
        instead: the pick that means a halt.
        halt: halts the consumer.
    """

    __slots__ = ("_halt", "_instead", "_pick")

    def __init__(
        self, world: World, location: Location, pick: Pick, instead: str, halt: Callable[[], None]
    ) -> None:
        super().__init__(world.scheduler, location)
        self._pick: Final = pick
        self._instead: Final = instead
        self._halt: Final = halt

    def view(self) -> "PickedAlert":
        return self

    @property
    def word(self) -> "PickedAlert":
        return self

    def load(self) -> int:
        scheduler, location = self._scheduler, self._location
        scheduler.reach("choose", location)
        task = scheduler.current
        if (
            task is not None
            and self._pick((GOES_ON, self._instead), is_turn=False) == self._instead
        ):
            scheduler.current = None  # no other task's turn until it is halted
            self._halt()
            scheduler.current = task
        value: int = location.value
        scheduler.did("load", location, value)
        return value
