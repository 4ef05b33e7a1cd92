"""`Runs`: makes the runs of a user's scenario, each with a scheduler of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ringbuffer.testing.outcomes import Pruned, Strategy
from ringbuffer.testing.schedule import Schedule
from ringbuffer.testing.scheduler import Scheduler

type Scenario = Callable[[Schedule], object]

#: The longest time between two steps of a thread, in seconds of the real clock.
PATIENCE: Final = 20.0
#: The most steps of a run.
MOST_STEPS: Final = 20_000
#: The name of the thread that runs the scenario.
MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class Runs:
    """Makes one run with each strategy; it is a `RunOnce`.

    Attributes:
        scenario: what is run.
        inside_library: whether each shared access of the library is a point.
        early_timeouts: see `TaskTurns`.
    """

    scenario: Scenario
    inside_library: bool
    early_timeouts: int

    def __call__(
        self, strategy: Strategy, points: frozenset[str] | None, keep_steps: bool = False
    ) -> tuple[Scheduler, BaseException | None]:
        """Make one run. An interrupt of the caller ends it, and propagates."""
        scheduler = Scheduler(
            strategy,
            points=points,
            is_coarse=not self.inside_library,
            early_timeouts=self.early_timeouts,
            max_steps=MOST_STEPS,
            keep_steps=keep_steps,
            patience=PATIENCE,
        )
        schedule = Schedule(scheduler)
        try:
            scheduler.spawn(lambda: self.scenario(schedule), MAIN)
            scheduler.run()
        except Pruned:
            return scheduler, None
        except BaseException as error:
            if scheduler.was_interrupted or scheduler.failure is not error:
                # An interrupt of this thread, perhaps before the run has begun
                scheduler.fail(error)
                scheduler.join()
                raise
            return scheduler, error
        return scheduler, None
