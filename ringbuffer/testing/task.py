"""`ScheduledTask`: a thread of a scenario, and what it has learned; `Location`: a shared place."""

import threading
from collections.abc import Callable
from typing import Any, Final

#: The most steps in one turn of a loop that looks for something.
LONGEST_TURN: Final = 16


class Location:
    """Something shared that has a value: a word, a lock, a condition, an event."""

    __slots__ = ("clock", "hands_over", "is_own", "name", "users", "value", "written")

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value
        #: The numbers of the tasks that have used it, as bits; and whether one has written it.
        self.users = 0
        self.written = False
        #: Whether the author of the scenario made it: then each access of it is a point.
        self.is_own = False
        #: Whether the library hands events over here: then each write is a point.
        self.hands_over = False
        #: What a task that reads this knows to have happened: a vector clock, by the numbers of
        #: the tasks.
        self.clock: dict[int, int] = {}

    @property
    def state(self) -> Any:
        """What two runs must have in common here to be in the same state."""
        return self.shown(self.value)

    @property
    def point(self) -> str:
        """What a task that is about to use this says that it is about to use."""
        return self.name

    def shown(self, value: Any) -> Any:
        """What stands for a value here in steps and states: hashable, the same in equal runs."""
        return value

    def put(self, value: Any) -> None:
        """A store reaches memory."""
        self.value = value


class ScheduledTask:
    """One thread of a scenario."""

    def __init__(self, name: str, index: int) -> None:
        self.name: Final = name
        self.index: Final = index
        self.go: Final = threading.Lock()
        self.go.acquire()
        self.thread: threading.Thread | None = None
        self.done = False
        self.access: tuple[str, str] = ("start", "")
        #: Whether it can go on; None is yes.
        self.ready: Callable[[], bool] | None = None
        #: When it may go on without that, and whether it can then; None is never.
        self.deadline: float | None = None
        self.late: Callable[[], bool] | None = None
        self.timed_out = False
        #: Whether it waits for anything at all to be written.
        self.spins = False
        #: Whether it is about to store something that may be delayed, and whether that is what was
        #: chosen.
        self.may_delay = self.delays = False
        self.loads: dict[str, int] = {}
        self.loads_at = self.spun_at = -1
        self.turn = -1
        #: How much it has written itself; and what others had written when it last waited for them.
        self.own_writes, self.seen_of_others = 0, -1
        self.made = 0
        #: What has happened before the step that it takes: a vector clock.
        self.clock: dict[int, int] = {index: 1}
        #: Stands for everything that this task has learned; with what is shared, it determines what
        #: it does next.
        self.history = 0
        #: What it has done since it last wrote something; its history after each of that, and the
        #: version at that time.
        self.log: list[tuple[tuple[str, str, Any], int, int]] = []

    def can_go_on(self) -> bool:
        """Whether it can take its next step now."""
        return not self.done and (self.ready is None or self.ready())

    def can_time_out(self) -> bool:
        """Whether it waits with a limit, and could go on if that were over."""
        return not self.done and self.deadline is not None and (self.late is None or self.late())

    def learn(self, entry: tuple[str, str, Any], version: int, wrote: bool) -> int | None:
        """Take a step into the history.

        An iteration of a loop that has found the same as the two before it leaves no trace: the
        task is where it was. Twice the same is not a loop yet: a task without a loop may also load
        a word twice in a row.

        Returns:
            What the version was when such a turn began, if this step has ended one.
        """
        self.history = hash((self.history, entry))
        log = self.log
        if wrote:
            log.clear()
            return None
        log.append((entry, self.history, version))
        for turn in range(1, min(LONGEST_TURN, (len(log) - 1) // 3) + 1):
            # What is compared is as long as two turns, so the last three are the same.
            if log[-1 - turn][0] == entry and all(
                log[-1 - at][0] == log[-1 - at - turn][0] for at in range(1, 2 * turn)
            ):
                began = log[-turn][2]
                del log[-turn:]
                self.history = log[-1][1]
                return began
        return None

    def __repr__(self) -> str:
        return self.name


def join(clock: dict[int, int], other: dict[int, int]) -> None:
    """The later of two vector clocks, into the first."""
    for index, count in other.items():
        if clock.get(index, 0) < count:
            clock[index] = count
