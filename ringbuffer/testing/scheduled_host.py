"""`ScheduledHost`: locks, conditions, events, threads and time of a scenario, by its scheduler."""

from collections.abc import Callable
from types import TracebackType
from typing import Final

from ringbuffer.testing.outcomes import Abandoned
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import Location, ScheduledTask

#: A wait that is no longer than this is a pause between two looks; a longer one is a limit.
BRIEF: Final = 1e-3


class ScheduledLock(Location):
    """A lock; its value is whose it is."""

    __slots__ = ("_scheduler", "count")

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        super().__init__(name, None)
        self._scheduler: Final = scheduler
        #: How often it was taken: a task that takes it knows thereby what others did before.
        self.count = 0
        scheduler.add(self)

    @property
    def state(self) -> object:
        return (self.value and self.value.name, self.count)

    def is_free(self) -> bool:
        return self.value is None

    def __enter__(self) -> object:
        scheduler = self._scheduler
        scheduler.fence()
        scheduler.reach("lock", self, writes=True, ready=self.is_free)
        self.take()
        scheduler.did("lock", self, self.count)
        return self

    def take(self) -> None:
        if self.value is not None:
            raise self._scheduler.violated(f"{self.name} is taken twice")
        self.value = self._scheduler.current
        self.count += 1
        self._scheduler.acquire(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, Abandoned):
            # No other task gets a turn before an unlock, because it can do the same after it;
            # unless all turns are wanted. Stores that are not in memory yet are an exception: an
            # unlock waits for them.
            if self._scheduler.guided:
                self._scheduler.reach("unlock", self)
            self._scheduler.fence()
            self.value = None
            self._scheduler.release(self)
            self._scheduler.did("unlock", self, None, wrote=True)


class ScheduledCondition(ScheduledLock):
    """A condition with a lock of its own."""

    __slots__ = ("_asleep",)

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        super().__init__(scheduler, name)
        self._asleep: Final[list[ScheduledTask]] = []

    @property
    def state(self) -> object:
        return (super().state, tuple(task.name for task in self._asleep))

    @property
    def asleep(self) -> list[str]:
        """The tasks that wait to be notified."""
        return [task.name for task in self._asleep]

    def wait(self, timeout: float | None = None) -> bool:
        scheduler = self._scheduler
        task = scheduler.current
        assert task is not None, "no task can wake the thread that sets a scenario up"
        if self.value is not task:
            raise scheduler.violated(f"{task.name} waits on {self.name} without its lock")
        scheduler.fence()
        scheduler.reach("sleep", self, writes=True)
        self._asleep.append(task)
        self.value = None
        scheduler.release(self)
        scheduler.did("sleep", self, None, wrote=True)
        task.timed_out = False
        deadline = None if timeout is None else scheduler.clock + timeout
        scheduler.reach(
            "wake",
            self,
            writes=True,
            ready=lambda: task not in self._asleep and self.is_free(),
            deadline=deadline,
            late=self.is_free,
        )
        if task in self._asleep:
            self._asleep.remove(task)
        notified = not task.timed_out
        task.timed_out = False
        self.take()
        scheduler.did("wake", self, (notified, self.count))
        return notified

    def notify_all(self) -> None:
        scheduler = self._scheduler
        if scheduler.current is not None and self.value is not scheduler.current:
            raise scheduler.violated(
                f"{scheduler.current.name} notifies {self.name} without its lock"
            )
        scheduler.reach("notify", self, writes=True)
        self._asleep.clear()
        scheduler.did("notify", self, None, wrote=True)


class ScheduledEvent(Location):
    """A flag that is set once."""

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        super().__init__(name, False)
        self._scheduler: Final = scheduler
        scheduler.add(self)

    def set(self) -> None:
        self._scheduler.fence()
        self._scheduler.reach("set", self, writes=True)
        self.value = True
        self._scheduler.release(self)
        self._scheduler.did("set", self, None, wrote=True)

    def wait(self, timeout: float | None = None) -> bool:
        scheduler = self._scheduler
        task = scheduler.current
        if timeout is not None and timeout <= BRIEF and task is not None and not self.value:
            scheduler.pause("park", timeout)
        elif task is not None:
            task.timed_out = False
            deadline = None if timeout is None else scheduler.clock + timeout
            scheduler.reach("await", self, ready=lambda: bool(self.value), deadline=deadline)
            task.timed_out = False
        if self.value:
            scheduler.acquire(self)
        scheduler.did("await", self, self.value)
        return bool(self.value)


class ScheduledThread:
    """A task, as production code sees it; or the thread that sets the scenario up."""

    def __init__(self, scheduler: Scheduler, task: ScheduledTask | None) -> None:
        self._scheduler, self._task = scheduler, task

    @property
    def name(self) -> str:
        return "set-up" if self._task is None else self._task.name

    def is_alive(self) -> bool:
        """What a thread has stored is in memory when it is seen to have ended, as after `join`.

        CPython's thread sets an event by an atomic exchange when it ends, which `is_alive` reads.
        """
        task = self._task
        return task is None or not task.done or bool(self._scheduler.buffers[task.index])

    def join(self, timeout: float | None = None) -> None:
        task = self._task
        assert task is not None
        deadline = None if timeout is None else self._scheduler.clock + timeout
        buffer = self._scheduler.buffers[task.index]
        self._scheduler.reach(
            "join", None, ready=lambda: task.done and not buffer, deadline=deadline
        )


class ScheduledHost:
    """The operating system of one run. Its clock moves when no task can continue, or in a pause."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler: Final = scheduler
        self._threads: Final[dict[ScheduledTask | None, ScheduledThread]] = {}

    def lock(self) -> ScheduledLock:
        return ScheduledLock(self._scheduler, self._scheduler.name("lock"))

    def condition(self) -> ScheduledCondition:
        return ScheduledCondition(self._scheduler, self._scheduler.name("condition"))

    def event(self) -> ScheduledEvent:
        return ScheduledEvent(self._scheduler, self._scheduler.name("event"))

    def start_thread(self, target: Callable[[], None], name: str) -> ScheduledThread:
        scheduler = self._scheduler
        if scheduler.is_over:  # asked for by the finalizer of a consumer that the run has left
            raise RuntimeError("the run is over: no task would choose the new thread")
        scheduler.fence()
        scheduler.reach("spawn", None)
        task = scheduler.spawn(target, name)
        scheduler.did("spawn", None, name, wrote=True)
        return self._thread(task)

    def current_thread(self) -> ScheduledThread:
        return self._thread(self._scheduler.current)

    def _thread(self, task: ScheduledTask | None) -> ScheduledThread:
        if task not in self._threads:
            self._threads[task] = ScheduledThread(self._scheduler, task)
        return self._threads[task]

    def thread_id(self) -> int:
        task = self._scheduler.current
        return 0 if task is None else task.index + 1

    def monotonic(self) -> float:
        self._scheduler.did("clock", None, self._scheduler.clock)
        return self._scheduler.clock

    def yield_now(self) -> None:
        self._scheduler.end_if_over()
        self._scheduler.pause("yield", 0.0)

    def sleep(self, seconds: float) -> None:
        self._scheduler.end_if_over()
        self._scheduler.pause("sleep", seconds)

    def available_cpus(self) -> frozenset[int]:
        return frozenset()

    def pin(self, cpu: int) -> None:
        raise AssertionError("a scenario has no processors to choose from")
