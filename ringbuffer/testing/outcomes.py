"""What a run may come to, a step of it, and the protocols of strategies and observers."""

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from ringbuffer.testing.scheduler import Scheduler
    from ringbuffer.testing.task import ScheduledTask


class Abandoned(BaseException):
    """Raised in every task of a run that is over, so that its threads end."""


class RunFailure(Exception):
    """What a run has shown to be wrong."""


class StuckRun(RunFailure):
    """No task can continue: a deadlock, or a livelock."""


class EndlessRun(RunFailure):
    """The run took more steps, or more time, than any run of this scenario should."""


class Pruned(Exception):
    """Raised by a strategy: the rest of this run is explored in another one, so it may end."""


class Step(NamedTuple):
    """What a task did."""

    task: str
    kind: str
    where: str
    value: Any


class Strategy(Protocol):
    """Decides."""

    def choose(
        self,
        scheduler: "Scheduler",
        enabled: "list[ScheduledTask]",
        current: "ScheduledTask | None",
    ) -> "ScheduledTask":
        """One of `enabled`, which are at least two; `current` ran last, if it still can.

        On a machine that delays stores there is a `LateTurn` among them for each that may be
        delayed now, and a `DrainTurn` for each that may go to memory.
        """
        ...


class Observer(Protocol):
    """Is called with every step, after it was taken."""

    def observe(self, step: Step) -> None: ...
