"""`RunnerGroup`: handlers that share one thread: see `runners`."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ringbuffer.forks import made_here
from ringbuffer.host import Event
from ringbuffer.messaging.bus.runners.block_watch import BLOCKED_LOOKS, BlockWatch
from ringbuffer.messaging.bus.runners.handler_row import HandlerRow
from ringbuffer.messaging.bus.runners.runner_thread import Blocked, RunnerThread, Turn
from ringbuffer.ring_buffer import RingBuffer

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.shared import SharedRunner


class RunnerGroup:
    """Handlers that share one thread, and that thread. Any thread.

    Args:
        ring: the ring.
        name, numbers: make the names of its threads.
        batch: the most events that a handler gets at once.

    Attributes:
        barrier: where the thread waits.
        row: the handlers. The thread reads its goal without the lock: no other one changes it while
            that thread rests.
        is_over, over: whether all handlers have stopped; set then.
    """

    #: A handler that forked and returns in the child reads this object there.
    _in_child: ClassVar[None] = None

    def __init__(
        self, ring: RingBuffer[Any], name: str, numbers: Iterator[int], batch: int
    ) -> None:
        self.ring: Final = ring
        self.name: Final = name
        self.barrier: Final = ring.new_barrier()
        self._lock: Final = ring.host.lock()
        #: Held while the first thread and the watch are started, so that only one caller does it.
        self._starting: Final = ring.host.lock()
        self.row: Final = HandlerRow(ring, batch)
        #: The thread that drives the handlers, and one that was started to take its place.
        self._thread: RunnerThread | None = None
        self._next_thread: RunnerThread | None = None
        self._numbers: Final = numbers
        #: Ends the sleep of the watch; None while it is awake.
        self._watch_bed: Event | None = None
        self._watch: Final = BlockWatch(self, ring.host, f"{name} watch")
        self.is_over = False
        self.over: Final[Event] = ring.host.event()
        made_here(self)

    def _after_fork(self, made_in: int) -> None:
        """In a child: a handler that forked and returns there ends its thread."""
        self.is_over = True

    def add(self, runner: "SharedRunner") -> bool:
        """Miss no event for a runner from now on; returns False if the group is over.

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
        """Start what the handlers need: a thread; for several handlers also the watch.

        Raises:
            RuntimeError, MemoryError: no thread can be started. The caller removes its runner.
        """
        with self._starting:
            if len(self.row.handlers) > 1:
                self._watch.start()
                self._wake_watch()  # the thread may be with a handler that blocks since long ago
            if self._thread is None:
                self._start_thread(None)

    def stop(self, runner: "SharedRunner") -> None:
        """Drive a runner no more after its current batch. A second call changes nothing.

        `ended` of the runner is set now, or when its batch is finished. It gates the publishers
        until `remove`. With the last runner, the thread ends.
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
        """Wake whatever rests, after `is_over` is stored, so that it ends."""
        self.over.set()
        self._wake_watch()
        self.barrier.alert()

    def join(self, left: Callable[[], float | None]) -> None:
        """Wait for the thread and the watch, which end because all handlers have stopped.

        Not for a thread that a handler holds up: the runner of that handler reports it.
        """
        if self.is_over:
            thread = self._thread
            if thread is not None and thread.driven is None:
                thread.ended.wait(left())
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
        with self._lock:
            if done is not None:
                me.driven = None
                me.must_advance = row.put_back(done, me.is_apart)
            if me.is_apart or self.is_over:
                me.turn = Turn.APART if me.is_apart else Turn.END
                return None
            if row.is_empty:
                row.look_for_events(highest)
            if row.is_empty:
                me.turn = Turn.LISTEN
                return None
            runner = me.driven = row.take()
            me.drives += 1
            wakes_watch = self._watch_bed is not None and len(row.handlers) > 1
        if wakes_watch:
            self._wake_watch()
        return runner

    def _try_to_start(self, blocked: Blocked | None) -> bool:
        """Start a thread if the system has one left; if not, the watch asks again."""
        try:
            self._start_thread(blocked)
        except (RuntimeError, MemoryError):
            return False
        return True

    def _start_thread(self, blocked: Blocked | None) -> None:
        """Start a thread for the handlers, unless one is on its way.

        When it begins, `begin` decides whether it is still needed.
        """
        thread = RunnerThread(self, f"{self.name} runner {next(self._numbers)}", blocked)
        try:
            with self._lock:
                if self._next_thread is not None:
                    return
                self._next_thread = thread
            self.ring.host.start_thread(thread.run, thread.name)
        except BaseException:
            # After an interrupt the thread may exist. If it has not begun, it will not: see `begin`
            with self._lock:
                if self._next_thread is thread:
                    self._next_thread = None
            raise

    def begin(self, thread: RunnerThread) -> bool:
        """Whether a new thread shall drive the handlers, in that thread.

        Not if its start was undone, or if the thread whose place it would take has come back.
        Otherwise that thread keeps the handler that it drives, and drives no other one.
        """
        with self._lock:
            if self._next_thread is not thread:
                return False
            self._next_thread = None
            if thread.blocked is not None and self._thread is not None:
                before, drive = thread.blocked
                if self._thread is not before or before.driven is None or before.drives != drive:
                    return False
                before.is_apart = True
            self._thread = thread
            return True

    def leave(self, thread: RunnerThread, failure: BaseException | None) -> None:
        """Forget a thread that ends, in that thread.

        If it has died, another takes its place. Without any, the handlers have died too.
        """
        with self._lock:
            was_needed = self._thread is thread
            if was_needed:
                self._thread = None
        if failure is None:
            return
        if thread.driven is not None:
            self.bury(thread.driven, failure, thread)
        if was_needed and not self.is_over and not self._try_to_start(None):
            with self._lock:
                heirs = tuple(self.row.handlers)
            for each in heirs:
                self.bury(each, failure, thread)

    def _wake_watch(self) -> None:
        with self._lock:
            bed, self._watch_bed = self._watch_bed, None
        if bed is not None:
            bed.set()

    def is_calm(self, bed: Event) -> bool:
        """Whether no handler can hold up another one; if so, keep `bed`, to be set when one can."""
        with self._lock:
            if self.is_over or self._thread is None or self._holds_up(self._thread):
                return False
            self._watch_bed = bed
            return True

    def _holds_up(self, thread: RunnerThread) -> bool:
        """Whether a thread drives a handler, and there are others. The caller holds the lock."""
        driven, handlers = thread.driven, self.row.handlers
        return driven is not None and len(handlers) > (driven in handlers)

    def look(self) -> None:
        """Help handlers that are held up.

        If the thread has not come back since the look before the last one, another is started. The
        same if there is no thread, because the last one has died and no other could be started.
        """
        with self._lock:
            thread = self._thread
            is_needed = thread is None or (
                thread.looks_since() >= BLOCKED_LOOKS and self._holds_up(thread)
            )
            blocked = None if thread is None else (thread, thread.drives)
        if is_needed and not self.is_over:
            self._try_to_start(blocked)
