"""Which run the calling thread belongs to."""

import threading
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from ringbuffer.testing.scheduler import Scheduler
    from ringbuffer.testing.turns import TaskTurns


class RunOfThisThread(threading.local):
    """What a thread that runs a task knows: the scheduler of its run."""

    turns: "TaskTurns | None" = None


_this_thread: Final = RunOfThisThread()


def runs_in_this_thread(turns: "TaskTurns") -> None:
    """Note that the calling thread is a task of this run."""
    _this_thread.turns = turns


def scheduler_of_this_thread() -> "Scheduler | None":
    """The scheduler whose task the calling thread is, or None."""
    return cast("Scheduler | None", _this_thread.turns)
