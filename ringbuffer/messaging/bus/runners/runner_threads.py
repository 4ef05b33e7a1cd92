"""`RunnerThreads`: a few threads that drive many handlers over one ring: see `runners`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ringbuffer.forks import made_here
from ringbuffer.host import Event
from ringbuffer.messaging.bus.runners.block_watch import BlockWatch
from ringbuffer.messaging.bus.runners.handler_row import HandlerRow
from ringbuffer.messaging.bus.runners.runner_crew import RunnerCrew
from ringbuffer.messaging.bus.runners.runner_thread import RunnerThread, Turn
from ringbuffer.ring_buffer import RingBuffer

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.shared import SharedRunner

#: The default of `worth_help`: about 80 µs of work for handlers of one line.
WORTH_HELP: Final = 512


class RunnerThreads:
    """The handlers that share threads, and these threads. Any thread.

    Args:
        ring: the ring.
        name: the name of the bus.
        most: the most threads, without those that handlers keep.
        batch: the most events that a handler gets at once.

    Attributes:
        barrier: where the listener waits.
        crew: the threads.
        row: the handlers. The listener reads its goal without the lock, and may find a later goal
            than before. Then a thread that works has seen the event.
        is_over: whether all handlers have stopped.
        over: set then.
        worth_help: from so many deliveries on, a thread that finds them asks for help.
    """

    #: A handler that forked and returns in the child reads this object there.
    _in_child: ClassVar[None] = None

    def __init__(self, ring: RingBuffer[Any], name: str, most: int, batch: int) -> None:
        self.ring: Final = ring
        self.name: Final = name
        self._most: Final = most
        self.barrier: Final = ring.new_barrier()
        self._lock: Final = ring.host.lock()
        #: Held while the first thread and the watch are started, so that only one caller does it.
        self._starting: Final = ring.host.lock()
        self.row: Final = HandlerRow(ring, batch)
        self.crew: Final = RunnerCrew(self.row, ring.host)
        self._started = 0
        #: Ends the sleep of the watch; None while it is awake.
        self._watch_bed: Event | None = None
        self._watch: Final = BlockWatch(self, ring.host, f"{name} watch")
        self.worth_help = WORTH_HELP
        self.is_over = False
        self.over: Final[Event] = ring.host.event()
        made_here(self)

    def _after_fork(self, made_in: int) -> None:
        """In a child: a handler that forked and returns there ends its thread."""
        self.is_over = True

    def add(self, runner: "SharedRunner") -> bool:
        """Miss no event for a runner from now on; returns False if these threads are over.

        One thread at a time calls it. The first handler makes the gate join the ring, and begins
        where the gate is. A later one begins at what is published now, which is not before the
        goal, and so not before the gate. The gate cannot pass it, because the lock is held.
        """
        row = self.row
        with self._lock:
            if self.is_over:
                return False
            is_first = not row.handlers
        if is_first:
            self.ring.add_gating_sequences(row.gate, start=self.barrier)
        with self._lock:
            if self.is_over:
                return False
            row.add(runner, row.gate.get() if is_first else self.barrier.get())
        return True

    def start(self) -> None:
        """Start the threads that the handlers need.

        Raises:
            RuntimeError, MemoryError: no thread can be started. The caller removes its runner.
        """
        with self._starting:
            if len(self.row.handlers) > 1:
                self._watch.start()
                self._wake_watch()  # a thread may be with a handler that blocks since long ago
            if not self.crew.threads:
                self._start_thread()

    def stop(self, runner: "SharedRunner") -> None:
        """Drive a runner no more after its current batch. A second call changes nothing.

        `ended` of the runner is set now, or when its batch is finished. It gates the publishers
        until `remove`. With the last runner, the threads end.
        """
        with self._lock:
            self.row.stop(runner)
            is_driven = runner.is_driven
            self.is_over = self.is_over or not self.row.active
        if self.is_over:
            self._end()
        if not is_driven:
            runner.ended.set()

    def remove(self, runner: "SharedRunner") -> None:
        """Stop a runner, and let publishers continue without it. A second call changes nothing."""
        self.stop(runner)
        with self._lock:
            self.row.forget(runner)
        self._let_go()

    def bury(self, runner: "SharedRunner", failure: BaseException, me: RunnerThread) -> None:
        """Go on without a runner that has died in the calling thread, or with it."""
        with self._lock:
            me.driven = None
            runner.is_driven = False
        try:
            runner.die(failure)
        finally:
            self.remove(runner)

    def hand_over(self, runner: "SharedRunner", keep: Callable[[], object]) -> bool:
        """Forget a runner that gates the publishers itself now, unless it was stopped.

        Returns whether it was not; then `keep` was called, before any later `stop`.
        """
        with self._lock:
            if runner.is_stopping:
                return False
            keep()
            self.row.active -= 1
            self.row.forget(runner)
            self.is_over = self.is_over or not self.row.active
        self._let_go()
        if self.is_over:
            self._end()
        return True

    def _let_go(self) -> None:
        """Let the publishers continue as far as the handlers that are left allow."""
        with self._lock:
            is_needed = bool(self.row.handlers)
            if is_needed:
                self.row.move_gate()
        if is_needed:
            advanced = self.ring.on_advance()
            if advanced is not None:
                advanced()
            self._wake_watch()  # a handler that has left may still hold up the others
        else:
            self.ring.remove_gating_sequence(self.row.gate)

    def _end(self) -> None:
        """Wake every thread that rests, after `is_over` is stored, so that the threads end."""
        self.over.set()
        self._wake_watch()
        self.barrier.alert()
        for bed in tuple(self.crew.parked):
            bed.set()

    def join(self, left: Callable[[], float | None]) -> None:
        """Wait for the threads that end because all handlers have stopped.

        Not for a thread that a handler holds up: the runner of that handler reports it.
        """
        if self.is_over:
            with self._lock:
                idle = list(filter(lambda each: each.driven is None, self.crew.threads))
            for each in idle:
                each.ended.wait(left())
            self._watch.join(left())

    # HOT: called for each batch of each handler.
    def next_runner(
        self, me: RunnerThread, done: "SharedRunner | None", highest: Callable[[int], int]
    ) -> "SharedRunner | None":
        """The runner that a thread drives next; None if it rests, as its `turn` says.

        Args:
            me: the thread.
            done: the runner that it has driven; None if it comes from a rest.
            highest: the calling thread's `PublishedView.highest_from`.
        """
        row = self.row
        deliveries = 0
        with self._lock:
            self.crew.listens_no_more(me)
            if done is not None:
                me.driven = None
                me.must_advance = row.put_back(done, me.is_apart)
            if me.is_apart or self.is_over:
                me.turn = Turn.APART if me.is_apart else Turn.END
                return None
            if row.is_empty:
                deliveries = row.look_for_events(highest)
            if row.is_empty:
                self.crew.rest(me)
                return None
            runner = me.driven = row.take()
            me.drives += 1
            wakes_watch = self._watch_bed is not None and len(row.handlers) > 1
        if wakes_watch:
            self._wake_watch()
        if deliveries >= self.worth_help:
            self._help()
        return runner

    def _help(self) -> None:
        """Wake a parked thread, or start one if there are too few."""
        with self._lock:
            bed = self.crew.parked.pop() if self.crew.parked else None
            is_short = len(self.crew.threads) < self._most and not self.is_over
        if bed is not None:
            bed.set()
        elif is_short:
            self._try_to_start()

    def _try_to_start(self) -> bool:
        """Start a thread if the system has one left; if not, the watch asks again."""
        try:
            self._start_thread()
        except (RuntimeError, MemoryError):
            return False
        return True

    def _start_thread(self) -> None:
        self._started += 1
        thread = RunnerThread(self, f"{self.name} runner {self._started}")
        try:
            with self._lock:
                self.crew.threads.append(thread)
            self.ring.host.start_thread(thread.run, thread.name)
        except BaseException:
            # After an interrupt the thread may exist. If it has not begun, it will not: see `begin`
            with self._lock:
                if not thread.has_begun:
                    self.crew.dismiss(thread)
            raise

    def begin(self, thread: RunnerThread) -> bool:
        """Whether a new thread shall work: its start was not undone. In that thread."""
        with self._lock:
            thread.has_begun = thread in self.crew.threads
        return thread.has_begun

    def leave(self, thread: RunnerThread, failure: BaseException | None) -> None:
        """Forget a thread that ends, in that thread.

        If it has died, another takes its place. Without any, the handlers have died too.
        """
        with self._lock:
            self.crew.dismiss(thread)
        if failure is None:
            return
        if thread.driven is not None:
            self.bury(thread.driven, failure, thread)
        self._help()
        with self._lock:
            heirs = () if self.crew.threads else tuple(self.row.handlers)
        for each in heirs:
            self.bury(each, failure, thread)

    def _wake_watch(self) -> None:
        with self._lock:
            bed, self._watch_bed = self._watch_bed, None
        if bed is not None:
            bed.set()

    def is_calm(self, bed: Event) -> bool:
        """See `WatchedThreads`."""
        with self._lock:
            if self.is_over or not self.crew.is_calm():
                return False
            self._watch_bed = bed
            return True

    def look(self) -> None:
        """See `WatchedThreads`.

        A thread that has not come back since the look before the last one keeps its handler, as
        soon as there is another thread for the others.
        """
        crew = self.crew
        with self._lock:
            blocked, is_late = crew.look()
        for thread, drives in blocked:
            if crew.parked or self._try_to_start():
                with self._lock:
                    crew.set_apart(thread, drives)
        if is_late:
            self._help()
