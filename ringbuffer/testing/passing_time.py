"""How time passes in a run: when no task can continue, the clock moves."""

from typing import TYPE_CHECKING, Final

from ringbuffer.testing.outcomes import StuckRun
from ringbuffer.testing.task import ScheduledTask

if TYPE_CHECKING:
    from ringbuffer.testing.turns import TaskTurns

#: How often the clock may be moved in a row while no task writes anything.
IDLE_TURNS: Final = 30
#: How far the clock moves for tasks that spin or yield, in seconds.
TICK: Final = 1e-3


def expire(turns: "TaskTurns") -> None:
    """End the waits whose limits have passed by the clock."""
    for each in turns.tasks:
        if (
            each.deadline is not None
            and each.deadline <= turns.clock
            and each.can_time_out()
            and not each.can_go_on()
        ):
            each.timed_out = True
            each.ready, each.deadline = each.late, None


def let_time_pass(turns: "TaskTurns") -> list[ScheduledTask]:
    """Move the clock; return the tasks that can continue because of it.

    Raises:
        StuckRun: no task can.
    """
    turns.idle = 1 if turns.version != turns.idle_since else turns.idle + 1
    turns.idle_since = turns.version
    waiting = [each for each in turns.tasks if not each.done]
    deadlines = [
        each.deadline for each in waiting if each.deadline is not None and each.can_time_out()
    ]
    if turns.idle <= IDLE_TURNS:
        turns.clock += TICK
        awake = [each for each in waiting if each.spins]
        if deadlines and not awake:
            turns.clock = max(turns.clock, min(deadlines))
        for each in awake:
            each.ready, each.spun_at = None, -1
            each.loads.clear()
        expire(turns)
        enabled = [each for each in waiting if each.can_go_on()]
        if enabled:
            return enabled
    where = "; ".join(f"{each.name} before {' '.join(each.access).strip()}" for each in waiting)
    raise StuckRun(f"no task can continue: {where}")
