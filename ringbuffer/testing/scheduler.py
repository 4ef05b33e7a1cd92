"""`Scheduler`: lets one task run at a time, and decides before every shared access which one.

Each task is a real thread. Before a shared access it calls `reach`, which says what it is about to
do; the strategy then names the task that goes on, and all others sleep. So an access and
everything up to the next one is one step, and a run is determined by the choices alone.

What cannot go on is not offered: a task before a lock that is taken, or asleep on a condition.
Neither is one that spins: a task that has gone through a loop and found the same as in the last
iteration, while nothing was written anywhere, would find the same again, so it waits for a write.
The same holds for a task that yields, sleeps or parks between two looks. When no task can continue,
the clock is moved; if that does not help either, the run is stuck: a deadlock or a livelock.

On a machine with weaker memory there are two choices more: that a store goes into its task's
buffer, and that one goes from there to memory; see `buffers`.
"""

import functools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.testing.buffers import Store, StoreOrder
from ringbuffer.testing.outcomes import Abandoned, RunFailure
from ringbuffer.testing.task import Location, join
from ringbuffer.testing.this_thread import scheduler_of_this_thread
from ringbuffer.testing.turns import TaskTurns

#: Loads of one word by one task, while no task writes anything, before the task counts as spinning.
SPIN_LOADS: Final = 8
#: The name of the place that counts the steps of `Scheduler.step`.
STEPS: Final = "steps"
#: The accesses of the library that are points of a coarse exploration: others may notice them.
WRITING: Final = frozenset(
    {"store", "compare_and_set", "exchange", "fetch_add", "write", "lock", "set", "spawn"}
)


class Scheduler(TaskTurns):
    """The steps of one run: what tasks announce, what memory is, and what has happened before."""

    #: Where the author's own steps are counted; None before the first.
    _steps: Location | None = None

    def place(self, kind: str, value: Any) -> Location:
        """A new shared place."""
        location = Location(self.name(kind), value)
        self.locations.append(location)
        return location

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
        return not self.is_coarse or kind in WRITING or location is None or location.is_own

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
        if wrote and not to_buffer:
            self.version += 1
        task = self.current
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

    def step(self, what: str) -> None:
        """A step of the running task between two accesses that are not seen here.

        The place counts all such steps. So states after different orders of them are different.
        """
        if self.current is None:
            self.end_if_over()
            return
        place = self._steps
        if place is None:
            place = self._steps = Location(STEPS, 0)
            place.is_own = True
            self.locations.append(place)
        self.reach("step", place, writes=True)
        place.put(place.value + 1)
        self.acquire(place)
        self.release(place)
        self.did("step", place, (what, place.value), wrote=True)

    def own_places(self) -> frozenset[str]:
        """The names of the places that the author of the scenario has made."""
        return frozenset(place.name for place in self.locations if place.is_own)

    def begin_anew(self) -> None:
        """What the running task does from now on continues no earlier loop."""
        task = self.current
        assert task is not None
        task.log.clear()
        task.spun_at = -1

    def fingerprint(self) -> int:
        """The same in two runs in the same state that continue alike.

        It does not contain how many stores may still be delayed.
        """
        shared = tuple(location.state for location in self.locations)
        tasks = tuple((task.history, task.done, task.access, task.timed_out) for task in self.tasks)
        buffers = (
            tuple(buffer.state() for buffer in self.buffers)
            if self.order is not StoreOrder.SC
            else ()
        )
        return hash((shared, tasks, self.early_timeouts, buffers))

    # -- memory -----------------------------------------------------------------------------------

    def seen(self, location: Location) -> Any:
        """What the running task finds here: its own store, if that is not in memory yet."""
        store = self._own(location)
        return location.value if store is None else store.value

    def load(self, location: Location) -> Any:
        """As `seen`, with acquire."""
        store = self._own(location)
        if store is not None:
            return store.value
        self.acquire(location)
        return location.value

    def _own(self, location: Location) -> Store | None:
        """What the running task has stored here last, if it is not in memory yet."""
        if self.current is not None:
            for store in reversed(self.buffers[self.current.index].stores):
                if store.location is location:
                    return store
        return None

    def store(self, kind: str, location: Location, value: Any, *, is_release: bool = True) -> None:
        """The running task stores; on a machine that delays stores, perhaps into its buffer."""
        task = self.current
        buffer = None if task is None else self.buffers[task.index]
        behind = buffer is not None and bool(buffer) and buffer.holds_back(location, is_release)
        # To delay a store of what is there already would show nothing.
        may_delay = self.order is not StoreOrder.SC and not behind and self.seen(location) != value
        self.reach(kind, location, writes=True, may_delay=may_delay)
        self.put(kind, location, value, is_release=is_release)

    def put(self, kind: str, location: Location, value: Any, *, is_release: bool = True) -> None:
        """As `store`, by a task that has its turn."""
        task = self.current
        if task is None:
            location.put(value)
            return
        buffer = self.buffers[task.index]
        # Asked again: while others had their turn, what was in the buffer may have gone to memory.
        if task.delays or (buffer and buffer.holds_back(location, is_release)):
            changed = location.shown(self.seen(location)) != location.shown(value)
            buffer.stores.append(Store(location, value, is_release, task.clock.copy()))
            if is_release:
                task.clock[task.index] += 1
            self.did(kind, location, location.shown(value), wrote=changed, to_buffer=True)
            return
        changed = location.shown(location.value) != location.shown(value)
        location.put(value)
        if is_release and self.order is not StoreOrder.RELAXED:
            self.release(location)
        self.did(kind, location, location.shown(value), wrote=changed)

    def fence(self) -> None:
        """Wait until all stores of the running task are in memory. Others may run before that."""
        task = self.current
        if task is None or not self.buffers[task.index]:
            return
        self.reach("fence", None)
        self.go_on(task)
        while self.buffers[task.index]:
            self.drain(task, 0)

    # -- what happens before what -----------------------------------------------------------------

    def acquire(self, location: Location) -> None:
        """All that came before the last releases here came before the next step of the task."""
        if self.current is not None:
            join(self.current.clock, location.clock)

    def release(self, location: Location) -> None:
        """All that the running task has done came before what tasks do that acquire here later."""
        task = self.current
        if task is not None:
            join(location.clock, task.clock)
            task.clock[task.index] += 1
