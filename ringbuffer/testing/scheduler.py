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

from typing import Any, Final

from ringbuffer.testing.announcing import Announcing
from ringbuffer.testing.buffers import Store, StoreOrder
from ringbuffer.testing.task import Location, join

#: The name of the place that counts the steps of `Scheduler.step`.
STEPS: Final = "steps"


class Scheduler(Announcing):
    """One run: turns and steps, what memory is, and what has happened before what."""

    #: Where the author's own steps are counted; None before the first.
    _steps: Location | None = None

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
