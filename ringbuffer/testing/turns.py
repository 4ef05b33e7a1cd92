"""`TaskTurns`: one run: its tasks, whose turn it is, and how the run ends."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from ringbuffer.at_exit import report_nothing_of_this_thread
from ringbuffer.testing.buffers import STRONG, Buffer, DrainTurn, LateTurn, Machine, StoreOrder
from ringbuffer.testing.marks import Marks
from ringbuffer.testing.outcomes import (
    Abandoned,
    EndlessRun,
    Observer,
    RunFailure,
    Step,
    Strategy,
)
from ringbuffer.testing.passing_time import let_time_pass
from ringbuffer.testing.task import Location, ScheduledTask, join
from ringbuffer.testing.this_thread import runs_in_this_thread

if TYPE_CHECKING:
    from ringbuffer.testing.scheduler import Scheduler

#: The longest time that a thread may take between two accesses, in seconds of the real clock.
PATIENCE: Final = 60.0


class TaskTurns:
    """One run of one scenario.

    Args:
        strategy: decides.
        points: the names of what is shared; before an access to anything else no other task gets a
            turn. None: everything is.
        is_coarse: whether, of the library's own accesses, only hand-overs are points.
        early_timeouts: how often a wait with a limit may time out though others could go on.
        max_steps: a run with more of them fails.
        keep_steps: whether to note what was done.
        guided: whether the strategy is asked also without a choice, and a task that spins need not
            wait for a write.
        machine: what memory is like.
        patience: the longest time between two accesses of a task, in seconds of the real clock.
    """

    def __init__(
        self,
        strategy: Strategy,
        *,
        points: Iterable[str] | None = None,
        is_coarse: bool = False,
        early_timeouts: int = 0,
        max_steps: int = 20_000,
        keep_steps: bool = False,
        guided: bool = False,
        machine: Machine = STRONG,
        patience: float = PATIENCE,
    ) -> None:
        self.strategy = strategy
        self.points: Final = None if points is None else frozenset(points)
        self.is_coarse: Final = is_coarse
        self.early_timeouts = early_timeouts
        self.max_steps: Final = max_steps
        self.guided: Final = guided
        self.order: Final = machine.order
        #: How many stores may still be delayed.
        self.delays = machine.delays
        self.buffers: Final[list[Buffer]] = []
        self.tasks: Final[list[ScheduledTask]] = []
        self.locations: Final[list[Location]] = []
        self.observers: Final[list[Observer]] = []
        self.steps: Final[list[Step] | None] = [] if keep_steps else None
        #: Whose turn it is; None while the scenario is set up, and after the run.
        self.current: ScheduledTask | None = None
        self.failure: BaseException | None = None
        #: Counts what was written; a task that looks again before it has changed sees nothing new.
        self.version = 0
        self.clock = 0.0
        self.count = 0
        self.idle, self.idle_since = 0, -1
        self.choices: Final[list[int]] = []
        #: Whether the thread that waits for the end of the run was interrupted.
        self.was_interrupted = False
        self._made = 0
        self.marks: Final = Marks(self.name)
        self._patience: Final = patience
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

    def spawn(self, target: Callable[[], object], name: str) -> ScheduledTask:
        """A new task. It begins when it is first chosen."""
        task = ScheduledTask(name, len(self.tasks))
        self._admit(task)
        if self.current is not None:
            join(task.clock, self.current.clock)
            self.current.clock[self.current.index] += 1

        def body() -> None:
            runs_in_this_thread(self)
            report_nothing_of_this_thread()
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

    def adopt(self, name: str) -> ScheduledTask:
        """Make the calling thread a task, whose turn it is; the run begins without `run`."""
        task = self.current = ScheduledTask(name, len(self.tasks))
        self._admit(task)
        return task

    def _admit(self, task: ScheduledTask) -> None:
        self.tasks.append(task)
        self.buffers.append(Buffer(task, self.order))

    # -- the run ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Let the tasks run until all of them have ended.

        An interrupt of the calling thread, such as Ctrl-C, ends the run and its threads.

        Raises:
            RunFailure, or whatever a task raised: the first thing that went wrong.
            Pruned: the strategy has ended the run.
        """
        try:
            self._go_on(None)
            if not self._over.wait(self._patience):
                self.fail(
                    EndlessRun(
                        f"{self.current} did not come to its next shared access within "
                        f"{self._patience:g} s: it computes, or it waits for something that the "
                        f"schedule does not control. Do all things have its memory= and its host=?"
                    )
                )
        except BaseException as interrupt:
            self.was_interrupted = True
            self.fail(interrupt)
            self.join()
            raise
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
                task.thread.join(self._patience)

    def fail(self, failure: BaseException) -> None:
        """End the run: the first failure counts. Any thread."""
        if self.failure is None:
            self.failure = failure
            self._over.set()
            # The running task too: a thread that interrupts the run does not know how far it is.
            for task in self.tasks:
                if not task.done:
                    _wake(task)

    # -- turns ------------------------------------------------------------------------------------

    def go_on(self, task: ScheduledTask) -> None:
        """Let the strategy choose. Returns when it has chosen `task`, or raises `Abandoned`."""
        self._go_on(task)
        if self.failure is not None:
            raise Abandoned

    def _go_on(self, task: ScheduledTask | None) -> None:
        """Choose the task that goes on. Returns when it is `task`, or when the run has failed."""
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
        _wake(chosen)
        if task is not None and not task.done:
            task.go.acquire()

    def _choose(self, task: ScheduledTask | None) -> ScheduledTask | None:
        """The task that goes on; None if all have ended, and all that was stored is in memory."""
        while True:
            self.count += 1
            if self.count > self.max_steps:
                raise EndlessRun(f"more than {self.max_steps} steps")
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
                enabled = let_time_pass(self)
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
                chosen = self.strategy.choose(cast("Scheduler", self), enabled, current)
                self.choices.append(chosen.index)
            if not isinstance(chosen, DrainTurn):
                return self._chosen(chosen)
            self.drain(chosen.owner, chosen.position)

    def _chosen(self, chosen: ScheduledTask) -> ScheduledTask:
        if isinstance(chosen, LateTurn):
            chosen = chosen.owner
            chosen.delays = True
            self.delays -= 1
        if chosen.deadline is not None and not chosen.can_go_on():
            self.early_timeouts -= 1
            self.clock = max(self.clock, chosen.deadline)
            chosen.timed_out = True
        chosen.ready = chosen.deadline = None
        return chosen

    def _finish(self, task: ScheduledTask) -> None:
        task.done = True
        if self.failure is not None:
            return
        self.version += 1
        self._go_on(task)

    # -- what was done ----------------------------------------------------------------------------

    def drain(self, task: ScheduledTask, position: int) -> None:
        """The store at this place of a task's buffer goes to memory."""
        store = self.buffers[task.index].stores.pop(position)
        changed = store.location.value != store.value
        store.location.put(store.value)
        if store.is_release and self.order is not StoreOrder.RELAXED:
            join(store.location.clock, store.clock)
        self.version += changed
        self.tell(task, "drain", store.location.name, store.value)

    def tell(self, task: ScheduledTask, kind: str, name: str, value: Any) -> None:
        """Note a step, and pass it to the observers."""
        if self.steps is not None or self.observers:
            step = Step(task.name, kind, name, value)
            if self.steps is not None:
                self.steps.append(step)
            for observer in self.observers:
                try:
                    observer.observe(step)
                except RunFailure as failure:
                    self.fail(failure)
                    raise Abandoned from failure


def _wake(task: ScheduledTask) -> None:
    """Let its thread go on. A run that fails meanwhile may have woken it already."""
    with contextlib.suppress(RuntimeError):
        task.go.release()
