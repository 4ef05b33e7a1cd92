"""`Exploration`: how much was run; `ScheduleFailedError`: a schedule that fails."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ringbuffer.errors import RingBufferError
from ringbuffer.testing.account import table
from ringbuffer.testing.outcomes import Step

#: The most rows that an account has; the last ones are kept.
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Exploration:
    """How much was run.

    Attributes:
        strategy: "every", "random" or "pct".
        preemptions: the bound; it has no meaning for schedules at random.
        schedules: how many were run.
        steps: how many steps they took in all.
        states: different states in which there was a choice; 0 for schedules at random.
        seconds: processor time.
        is_exhausted: whether every schedule within the bound was run, or every one that was asked
            for. If not, the time was up.
    """

    strategy: str
    preemptions: int
    schedules: int
    steps: int
    states: int
    seconds: float
    is_exhausted: bool


@dataclass(frozen=True, slots=True)
class FailingRun:
    """A schedule that fails, as it is kept: what determines a run of a scenario.

    Attributes:
        choices: the task that goes on, at each choice.
        points: what is shared; None is everything.
        inside_library: see `explore`.
        early_timeouts: see `explore`.
    """

    choices: Sequence[int]
    points: frozenset[str] | None
    inside_library: bool
    early_timeouts: int

    def to_text(self) -> str:
        """One line of JSON."""
        runs = [(task, len(list(group))) for task, group in groupby(self.choices)]
        return json.dumps(
            {
                "choices": " ".join(f"{task}*{count}" for task, count in runs),
                "points": None if self.points is None else sorted(self.points),
                "inside_library": self.inside_library,
                "early_timeouts": self.early_timeouts,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "FailingRun":
        """The schedule that `to_text` has written.

        Raises:
            ValueError: the text is something else.
        """
        try:
            kept = json.loads(text)
            choices: list[int] = []
            for each in kept["choices"].split():
                task, count = each.split("*")
                choices += [int(task)] * int(count)
            points = None if kept["points"] is None else frozenset(map(str, kept["points"]))
            return cls(choices, points, bool(kept["inside_library"]), int(kept["early_timeouts"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"this is not a schedule that `explore` has written: {text[:60]!r}"
            ) from error


def text_of(schedule: str | Path) -> str:
    """The text itself, or that of the file."""
    return schedule.read_text() if isinstance(schedule, Path) else schedule


class ScheduleFailedError(RingBufferError, AssertionError):
    """The scenario fails under a schedule. `__cause__` is the scenario's own error.

    Attributes:
        account: a table: a column for each thread, a row for each step at your points, from the
            first to the last.
        steps: every step, also those of the library: the thread, the kind of step, the place and
            the value.
        schedule: a line of text, with which `replay` runs the same schedule again.
        exploration: how much was run before; None from `replay`.
    """

    account: str = ""
    steps: tuple[Step, ...] = ()
    schedule: str = ""
    exploration: Exploration | None = None

    @classmethod
    def of(
        cls,
        error: BaseException,
        steps: Sequence[Step],
        own: frozenset[str],
        schedule: str,
        exploration: Exploration | None,
    ) -> "ScheduleFailedError":
        """Make the error for a failure of a scenario.

        Args:
            error: what the scenario raised.
            steps: of the run.
            own: the names of the places that the scenario has made.
            schedule: the text that `replay` takes.
            exploration: how much was run before.
        """
        account = account_of(steps, own)
        where = "" if exploration is None else f", in schedule {exploration.schedules}"
        failed = cls(
            f"the scenario fails{where}: {type(error).__name__}: {error}\n\n{account}\n\n"
            f"`replay(scenario, schedule)` runs it again, with this schedule:\n{schedule}"
        )
        failed.steps, failed.account = tuple(steps), account
        failed.schedule, failed.exploration = schedule, exploration
        failed.__cause__ = error
        return failed


def account_of(steps: Sequence[Step], own: frozenset[str]) -> str:
    """The table of the steps at the points of the scenario; of all steps if it has no point.

    Args:
        steps: of the run.
        own: the names of the places that the scenario has made.
    """
    shown = [step for step in steps if step.where in own]
    kind = "at the points of the scenario"
    if not shown:
        shown, kind = list(steps), "of the library: the scenario has no point of its own"
    hidden = len(shown) - MOST_ROWS
    head = f"steps {kind}" + (f", the last {MOST_ROWS} of {len(shown)}" if hidden > 0 else "")
    return f"{head}\n{table(shown[-MOST_ROWS:])}" if shown else "no thread has taken a step"
