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
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, Protocol

from tests.schedules.buffers import STRONG, Buffer, Drain, Late, Machine, Order, Store
from tests.schedules.task import Location, Task, join

#: Loads of one word, by one task, while nothing is written by anybody, before it counts as
#: spinning.
SPIN_LOADS: Final = 8
#: How often the clock may be moved in a row without anybody writing anything.
IDLE_TURNS: Final = 30
#: What the clock is moved by for those who spin or yield, in seconds.
TICK: Final = 1e-3
#: The longest time that a thread may take between two accesses, in seconds of the real clock.
PATIENCE: Final = 60.0


class Abandoned(BaseException):
    """Raised in every task of a run that is over, so that its threads end."""


class Failure(Exception):
    """What a run has shown to be wrong."""


class Stuck(Failure):
    """No task can continue: a deadlock, or a livelock."""


class Endless(Failure):
    """The run took more steps than any run of this scenario should."""


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

    def choose(self, scheduler: "Scheduler", enabled: list[Task], current: Task | None) -> Task:
        """One of `enabled`, which are at least two; `current` ran last, if it still can.

        On a machine that delays stores there is a `Late` among them for each that may be delayed
        now, and a `Drain` for each that may go to memory.
        """
        ...


class Observer(Protocol):
    """Is called with every step, after it was taken."""

    def observe(self, step: Step) -> None: ...


class Scheduler:
    """One run of one scenario.

    Args:
        strategy: decides.
        points: the names of what is shared; before an access to anything else no other task gets a
            turn. None: everything is.
        early_timeouts: how often a wait with a limit may time out though others could go on.
        max_steps: a run with more of them fails.
        keep_steps: whether to note what was done.
        guided: whether the strategy is asked also without a choice, and a task that spins need not
            wait for a write.
        machine: what memory is like.
    """

    def __init__(
        self,
        strategy: Strategy,
        *,
        points: Iterable[str] | None = None,
        early_timeouts: int = 0,
        max_steps: int = 20_000,
        keep_steps: bool = False,
        guided: bool = False,
        machine: Machine = STRONG,
    ) -> None:
        self.strategy = strategy
        self.points: Final = None if points is None else frozenset(points)
        self.early_timeouts = early_timeouts
        self.max_steps: Final = max_steps
        self.guided: Final = guided
        self.order: Final = machine.order
        #: How many stores may still be delayed.
        self.delays = machine.delays
        self.buffers: Final[list[Buffer]] = []
        self.tasks: Final[list[Task]] = []
        self.locations: Final[list[Location]] = []
        self.observers: Final[list[Observer]] = []
        self.steps: Final[list[Step] | None] = [] if keep_steps else None
        #: Whose turn it is; None while the scenario is set up, and after the run.
        self.current: Task | None = None
        self.failure: BaseException | None = None
        #: Counts what was written; who looks again before it has changed sees nothing new.
        self.version = 0
        self.clock = 0.0
        self.count = 0
        self.idle, self.idle_since = 0, -1
        self.choices: Final[list[int]] = []
        self._made = 0
        self._over: Final = threading.Event()

    # -- setting up -------------------------------------------------------------------------------

    def name(self, kind: str) -> str:
        """A name for something that is made now: the same in every run that does the same."""
        task = self.current
        if task is None:
            self._made += 1
            return f"{kind} {self._made}"
        task.made += 1
        return f"{kind} {task.name}/{task.made}"

    def spawn(self, target: Callable[[], object], name: str) -> Task:
        """A new task. It begins when it is first chosen."""
        task = Task(name, len(self.tasks))
        self._admit(task)
        if self.current is not None:
            join(task.clock, self.current.clock)
            self.current.clock[self.current.index] += 1

        def body() -> None:
            task.go.acquire()
            try:
                if self.failure is None:
                    target()
            except Abandoned:
                pass
            except BaseException as error:
                self.fail(error)
            finally:
                self._finish(task)

        task.thread = threading.Thread(target=body, name=name, daemon=True)
        task.thread.start()
        return task

    def adopt(self, name: str) -> Task:
        """Make the calling thread a task, whose turn it is; the run begins without `run`."""
        task = self.current = Task(name, len(self.tasks))
        self._admit(task)
        return task

    def _admit(self, task: Task) -> None:
        self.tasks.append(task)
        self.buffers.append(Buffer(task, self.order))

    # -- the run ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Let the tasks run until all of them have ended.

        Raises:
            Failure, or whatever a task raised: the first thing that went wrong.
            Pruned: the strategy has ended the run.
        """
        self._go_on(None)
        if not self._over.wait(PATIENCE):
            self.fail(
                Endless(
                    f"{self.current} did not come to its next shared access within {PATIENCE} s"
                )
            )
        self.join()
        if self.failure is not None:
            raise self.failure

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, or is being given up."""
        return self._over.is_set()

    def join(self) -> None:
        """Wait until the threads of a run that is over have ended."""
        self.current = None
        for task in self.tasks:
            if task.thread is not None:
                task.thread.join(PATIENCE)

    def fail(self, failure: BaseException) -> None:
        """End the run: the first failure counts."""
        if self.failure is None:
            self.failure = failure
            self._over.set()
            for task in self.tasks:
                if task is not self.current and not task.done:
                    task.go.release()

    def violated(self, what: str) -> Abandoned:
        """End the run because of something that must not be; to be raised."""
        self.fail(Failure(what))
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
        if self.points is None or name in self.points or (ready is not None and not ready()):
            self._go_on(task)
            if self.failure is not None:
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
        self._tell(task, f"{kind} late" if to_buffer else kind, name, value)

    def _tell(self, task: Task, kind: str, name: str, value: Any) -> None:
        if self.steps is not None or self.observers:
            step = Step(task.name, kind, name, value)
            if self.steps is not None:
                self.steps.append(step)
            for observer in self.observers:
                try:
                    observer.observe(step)
                except Failure as failure:
                    self.fail(failure)
                    raise Abandoned from failure

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
            tuple(buffer.state() for buffer in self.buffers) if self.order is not Order.SC else ()
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
        may_delay = self.order is not Order.SC and not behind and self.seen(location) != value
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
            changed = self.seen(location) != value
            buffer.stores.append(Store(location, value, is_release, task.clock.copy()))
            if is_release:
                task.clock[task.index] += 1
            self.did(kind, location, value, wrote=changed, to_buffer=True)
            return
        changed = location.value != value
        location.put(value)
        if is_release and self.order is not Order.RELAXED:
            self.release(location)
        self.did(kind, location, value, wrote=changed)

    def fence(self) -> None:
        """Wait until all stores of the running task are in memory. Others may run before that."""
        task = self.current
        if task is None or not self.buffers[task.index]:
            return
        self.reach("fence", None)
        self._go_on(task)
        if self.failure is not None:
            raise Abandoned
        while self.buffers[task.index]:
            self._drain(task, 0)

    def _drain(self, task: Task, position: int) -> None:
        store = self.buffers[task.index].stores.pop(position)
        changed = store.location.value != store.value
        store.location.put(store.value)
        if store.is_release and self.order is not Order.RELAXED:
            join(store.location.clock, store.clock)
        self.version += changed
        self._tell(task, "drain", store.location.name, store.value)

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

    # -- turns ------------------------------------------------------------------------------------

    def _go_on(self, task: Task | None) -> None:
        """Choose the task that goes on. Returns when it is `task`."""
        try:
            chosen = self._choose(task)
        except Exception as failure:
            self.fail(failure)
            return
        if chosen is task:
            return
        self.current = chosen
        if chosen is None:
            self._over.set()
            return
        chosen.go.release()
        if task is not None and not task.done:
            task.go.acquire()

    def _choose(self, task: Task | None) -> Task | None:
        """Who goes on; None if everybody has ended, and all that was stored is in memory."""
        while True:
            self.count += 1
            if self.count > self.max_steps:
                raise Endless(f"more than {self.max_steps} steps")
            enabled = [each for each in self.tasks if each.can_go_on()]
            buffers = [
                buffer
                for buffer in self.buffers
                if buffer and (not enabled or buffer.is_awaited(self.tasks))
            ]
            drains = [drain for buffer in buffers for drain in buffer.drains()]
            if not enabled and not drains:
                if all(each.done for each in self.tasks):
                    return None
                enabled = self._let_time_pass()
            if self.early_timeouts:
                enabled += [
                    each for each in self.tasks if each not in enabled and each.can_time_out()
                ]
            current = task if task in enabled else None
            if self.delays:
                enabled += [self.buffers[each.index].late for each in enabled if each.may_delay]
            enabled += drains
            if len(enabled) == 1 and not self.guided:
                chosen = enabled[0]
            else:
                chosen = self.strategy.choose(self, enabled, current)
                self.choices.append(chosen.index)
            if not isinstance(chosen, Drain):
                return self._chosen(chosen)
            self._drain(chosen.owner, chosen.position)

    def _chosen(self, chosen: Task) -> Task:
        if isinstance(chosen, Late):
            chosen = chosen.owner
            chosen.delays = True
            self.delays -= 1
        if chosen.deadline is not None and not chosen.can_go_on():
            self.early_timeouts -= 1
            self.clock = max(self.clock, chosen.deadline)
            chosen.timed_out = True
        chosen.ready = chosen.deadline = None
        return chosen

    def expire(self) -> None:
        """End the waits whose limits have passed by the clock."""
        for each in self.tasks:
            if (
                each.deadline is not None
                and each.deadline <= self.clock
                and each.can_time_out()
                and not each.can_go_on()
            ):
                each.timed_out = True
                each.ready, each.deadline = each.late, None

    def _let_time_pass(self) -> list[Task]:
        """Those who go on because time has passed."""
        self.idle = 1 if self.version != self.idle_since else self.idle + 1
        self.idle_since = self.version
        waiting = [each for each in self.tasks if not each.done]
        deadlines = [
            each.deadline for each in waiting if each.deadline is not None and each.can_time_out()
        ]
        if self.idle <= IDLE_TURNS:
            self.clock += TICK
            awake = [each for each in waiting if each.spins]
            if deadlines and not awake:
                self.clock = max(self.clock, min(deadlines))
            for each in awake:
                each.ready, each.spun_at = None, -1
                each.loads.clear()
            self.expire()
            enabled = [each for each in waiting if each.can_go_on()]
            if enabled:
                return enabled
        where = "; ".join(f"{each.name} before {' '.join(each.access).strip()}" for each in waiting)
        raise Stuck(f"no task can continue: {where}")

    def _finish(self, task: Task) -> None:
        task.done = True
        if self.failure is not None:
            return
        self.version += 1
        self._go_on(task)
