"""`Announcing`: what tasks are about to do, and what came of it."""

import functools
import threading
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.testing.makers import note_maker
from ringbuffer.testing.outcomes import Abandoned, RunFailure
from ringbuffer.testing.task import Location
from ringbuffer.testing.this_thread import scheduler_of_this_thread
from ringbuffer.testing.turns import TaskTurns

#: Loads of one word by one task, while no task writes anything, before the task counts as spinning.
SPIN_LOADS: Final = 8
#: The accesses of the library that are points of a coarse exploration: others may notice them.
WRITING: Final = frozenset({"store", "compare_and_set", "exchange", "fetch_add", "lock", "write"})


class Announcing(TaskTurns):
    """The steps of one run. A task announces each of them, and reports it after it was taken."""

    def place(self, kind: str, value: Any) -> Location:
        """A new shared place."""
        location = Location(self.name(kind), value)
        self.add(location)
        return location

    def add(self, location: Location) -> None:
        """Add a shared place that is made now."""
        note_maker(location)
        self.locations.append(location)

    def violated(self, what: str) -> Abandoned:
        """End the run because of something that must not be; to be raised."""
        self.fail(RunFailure(what))
        return Abandoned()

    def reach(
        self,
        kind: str,
        location: Location | None,
        *,
        writes: bool = False,
        ready: Callable[[], bool] | None = None,
        deadline: float | None = None,
        late: Callable[[], bool] | None = None,
        spins: bool = False,
        may_delay: bool = False,
    ) -> None:
        """Announce a step of the running task. Returns when it may; then it reports with `did`."""
        task = self.current
        if task is None:
            self.end_if_over()
            return
        if self.failure is not None:
            raise Abandoned
        if task.thread is not None and task.thread.ident != threading.get_ident():
            name = threading.current_thread().name
            raise self.violated(
                f"the thread {name!r} uses the memory or the host of a schedule that has not "
                f"started it: pass host=schedule.host wherever you pass memory=schedule.memory"
            )
        if (
            ready is None
            and location is not None
            and task.spun_at == self.version
            and not self.guided
        ):
            # Not a load, but in the same loop, whose last turn has written nothing: neither would
            # the next.
            version, spins = self.version, True
            ready = functools.partial(self._has_changed, version)
        name = ""
        if location is not None:
            name = location.name
            location.users |= 1 << task.index
            location.written |= writes
        task.access = (kind, name)
        task.ready, task.deadline, task.late, task.spins = ready, deadline, late, spins
        task.may_delay, task.delays = may_delay, False
        if (
            self.points is None
            or (name in self.points and self._is_point(kind, location))
            or (ready is not None and not ready())
        ):
            self.go_on(task)

    def _is_point(self, kind: str, location: Location | None) -> bool:
        """Whether others get a turn before this access to something shared."""
        if not self.is_coarse or location is None or location.is_own:
            return True
        return location.hands_over and kind in WRITING

    def end_if_over(self) -> None:
        """End a thread that goes on in a run that was given up.

        Some code continues after any exception, such as a service thread. A consumer that ends
        waits for others.
        """
        if self.is_over and scheduler_of_this_thread() is self:
            raise Abandoned

    def _has_changed(self, version: int) -> bool:
        """Whether anything was written since."""
        return self.version != version

    def reach_load(self, location: Location) -> None:
        """As `reach`, for a load, which may be one of many in a loop."""
        task = self.current
        if task is None:
            return
        version = self.version
        if task.loads_at != version:
            task.loads_at = version
            task.loads.clear()
        loads = task.loads[location.name] = task.loads.get(location.name, 0) + 1
        if self.guided or (loads <= SPIN_LOADS and task.spun_at != version):
            self.reach("load", location)
        else:
            self.reach("load", location, ready=lambda: self.version != version, spins=True)

    def pause(self, kind: str, seconds: float) -> None:
        """Let time pass between two looks of the running task, or a write since the first one."""
        task = self.current
        if task is None:
            return
        before = task.turn
        self.reach(kind, None, ready=lambda: self.guided or self.version != before, spins=True)
        task.turn = self.version
        self.clock += seconds

    def await_others(self, kind: str) -> bool:
        """Wait until another task has written something since the last such wait of this one.

        Returns False if no other task can continue.
        """
        task = self.current
        if task is None:
            return False
        before = task.seen_of_others
        self.reach(
            kind,
            None,
            ready=lambda: self.version - task.own_writes != before,
            spins=True,
        )
        task.seen_of_others = self.version - task.own_writes
        return task.seen_of_others != before

    def did(
        self,
        kind: str,
        location: Location | None,
        value: Any,
        *,
        wrote: bool = False,
        to_buffer: bool = False,
    ) -> None:
        """What came of it. To others nothing came yet of what went to the buffer."""
        task = self.current
        if wrote and not to_buffer:
            self.version += 1
            if task is not None:
                task.own_writes += 1
        if task is None:
            return
        name = "" if location is None else location.name
        # To its task a delayed store looks like any other: when it is in memory, no task can see
        # how it came there.
        if task.learn((kind, name, value), self.version, wrote) == self.version:
            task.spun_at = self.version
        if wrote and to_buffer:
            task.loads.clear()
            task.spun_at = -1
        self.tell(task, f"{kind} late" if to_buffer else kind, name, value)

    def own_places(self) -> frozenset[str]:
        """The names of the places that the author of the scenario has made."""
        return frozenset(place.name for place in self.locations if place.is_own)

    def begin_anew(self) -> None:
        """What the running task does from now on continues no earlier loop."""
        task = self.current
        assert task is not None
        task.log.clear()
        task.spun_at = -1
