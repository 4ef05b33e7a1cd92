"""`RunnerThreads`: a few threads that drive many handlers over one ring.

    publishers --> [ ring ] --> listener .--> handler A    a batch, then back to the row
                                worker   '--> handler B    a batch, then back to the row

A thread takes a handler from the row, `todo`, passes it one batch, and puts it back. So a handler
gets its events in order, and one at a time. Whatever thread is free takes whatever handler is next.
So no thread rests while a handler waits, and a slow handler delays its own events alone.

`goal` is the last published sequence that a thread has seen. The row has exactly the handlers that
are behind the goal and that no thread drives. When it is empty, a thread looks for a later goal,
and puts every handler that is free into the row.

The gate is the one sequence that gates the publishers for all of these handlers. It follows the
handler that is furthest behind. So a publisher reads one word for a thousand handlers.

Who rests, and how. Of the threads without work one is the listener. It waits at the barrier for the
event after the goal. The others are parked, each on an event of its own. A listener that gets
events works, and is not the listener any more. The next thread without work is. A thread that finds
much to do asks for help.

Why no event is missed. A thread rests only after it has found, under the lock, that the row is
empty and nothing is published after the goal. Then each handler that is behind the goal is driven
by another thread, which comes back to the lock, and there looks again. For an event after the goal,
there are two cases. If there is a listener, it waits for that event, and the wait strategy loses no
wake-up. If there is none, a thread works, and looks before it rests.

A handler that blocks keeps its thread, which does not come back. So the watch looks every `TICK`
seconds while handlers are driven. It asks for help if a thread stays away, and lets that thread
keep the handler if it stays away for longer. Then the thread is not one of these any more.

One lock guards everything here. Nothing that waits is called while it is held, and no handler. It
also hands a handler's state from one thread to the next. These threads end when the last handler
has stopped; a later handler gets new ones.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ringbuffer.forks import made_here
from ringbuffer.host import Event
from ringbuffer.messaging.bus.runners.block_watch import BLOCKED_LOOKS, BlockWatch
from ringbuffer.messaging.bus.runners.runner_thread import RunnerThread, Turn
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.shared import SharedRunner

#: The default of `worth_help`. To wake a thread takes about as long as so many deliveries.
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
        goal: see above. It only grows. The listener reads it without the lock, and may find it
            higher than when it last looked. Then a thread that works has seen the event before.
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
        self._batch: Final = batch
        self.barrier: Final = ring.new_barrier()
        self._host: Final = ring.host
        self._lock: Final = ring.host.lock()
        #: Held while the first thread and the watch are started, so that only one caller does it.
        self._starting: Final = ring.host.lock()
        self._gate: Final = Sequence(memory=ring.memory)
        self._handlers: Final[dict[SharedRunner, None]] = {}
        #: How many of the handlers are at each position; how many have not been stopped.
        self._counts: Final[dict[int, int]] = {}
        self._active = 0
        self._todo: Final[deque[SharedRunner]] = deque()
        self._threads: Final[list[RunnerThread]] = []
        self._parked: Final[list[Event]] = []
        self._listener: RunnerThread | None = None
        self._started = 0
        #: Ends the sleep of the watch; None while it is awake.
        self._watch_bed: Event | None = None
        self._watch: Final = BlockWatch(self, ring.host, f"{name} watch")
        self.worth_help = WORTH_HELP
        self.goal = -1
        self.is_over = False
        self.over: Final[Event] = ring.host.event()
        made_here(self)

    def _after_fork(self, made_in: int) -> None:
        """In a child: a handler that forked and returns there ends its thread."""
        self.is_over = True

    # -- handlers ---------------------------------------------------------------------------------

    def add(self, runner: "SharedRunner") -> bool:
        """Miss no event for a runner from now on; returns False if these threads are over.

        One thread at a time calls it. The first handler makes the gate join the ring, and begins
        where the gate is. A later one begins at what is published now, which is not before the
        goal, and so not before the gate. The gate cannot pass it, because the lock is held.
        """
        with self._lock:
            if self.is_over:
                return False
            is_first = not self._handlers
        if is_first:
            self.ring.add_gating_sequences(self._gate, start=self.barrier)
        with self._lock:
            if self.is_over:
                return False
            at = self._gate.get() if is_first else self.barrier.get()
            runner.own[0] = runner.at = at
            if is_first:
                self.goal = at
            count = self._counts.get(at, 0)
            # Nothing is called between these, so an interrupt finds all of them or none.
            self._counts[at] = count + 1
            self._active += 1
            self._handlers[runner] = None
        return True

    def start(self) -> None:
        """Start the threads that the handlers need.

        Raises:
            RuntimeError, MemoryError: no thread can be started. The caller removes its runner.
        """
        with self._starting:
            if len(self._handlers) > 1:
                self._watch.start()
                self._wake_watch()  # a thread may be with a handler that blocks since long ago
            if not self._threads:
                self._start_thread()

    def stop(self, runner: "SharedRunner") -> None:
        """Drive a runner no more after its current batch. A second call changes nothing.

        `ended` of the runner is set now, or when its batch is finished. It gates the publishers
        until `remove`. With the last runner, the threads end.
        """
        with self._lock:
            if runner in self._todo:
                self._todo.remove(runner)
            if not runner.is_stopping:
                self._active -= runner in self._handlers
                runner.is_stopping = True
            is_driven = runner.is_driven
            is_over = self.is_over = self.is_over or not self._active
        if is_over:
            self._end()
        if not is_driven:
            runner.ended.set()

    def remove(self, runner: "SharedRunner") -> None:
        """Stop a runner, and let publishers continue without it. A second call changes nothing."""
        self.stop(runner)
        with self._lock:
            self._forget(runner)
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
            self._active -= 1
            self._forget(runner)
            is_over = self.is_over = self.is_over or not self._active
        self._let_go()
        if is_over:
            self._end()
        return True

    def _forget(self, runner: "SharedRunner") -> None:
        """Hold the publishers back for a handler no more. The caller holds the lock."""
        if runner not in self._handlers:
            return
        count = self._counts[runner.at]
        # Nothing is called between these, so an interrupt finds both or none.
        if count > 1:
            self._counts[runner.at] = count - 1
        else:
            del self._counts[runner.at]
        del self._handlers[runner]

    def _let_go(self) -> None:
        """Let the publishers continue as far as the handlers that are left allow."""
        with self._lock:
            if self._counts:
                self._move_gate()
            is_needed = bool(self._counts)
        if is_needed:
            advanced = self.ring.on_advance()
            if advanced is not None:
                advanced()
            self._wake_watch()  # a handler that has left may still hold up the others
        else:
            self.ring.remove_gating_sequence(self._gate)

    def _move_gate(self) -> bool:
        """Let the gate follow the handler that is furthest behind; return whether it has moved.

        The caller holds the lock, so the gate only grows. A handler is counted at a position after
        its thread has read the slots up to there, and has taken the lock.
        """
        lowest = min(self._counts)
        if lowest <= self._gate.get():
            return False
        self._gate.set(lowest)
        return True

    def _end(self) -> None:
        """Wake every thread that rests, after `is_over` is stored: the threads end."""
        self.over.set()
        self._wake_watch()
        self.barrier.alert()
        for bed in tuple(self._parked):
            bed.set()

    def join(self, left: Callable[[], float | None]) -> None:
        """Wait for the threads that end because all handlers have stopped.

        Not for a thread that a handler holds up: the runner of that handler reports it.
        """
        if self.is_over:
            with self._lock:
                idle = list(filter(lambda each: each.driven is None, self._threads))
            for each in idle:
                each.ended.wait(left())
            self._watch.join(left())

    # -- what a thread does next ------------------------------------------------------------------

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
        todo = self._todo
        wants_help = False
        watch_bed: Event | None = None
        with self._lock:
            if self._listener is me:
                self._listener = None
            if done is not None:
                self._put_back(me, done)
            if me.is_apart or self.is_over:
                me.turn = Turn.APART if me.is_apart else Turn.END
                return None
            if not todo:
                wants_help = self._look_for_events(highest)
            if not todo:
                self._rest(me)
                return None
            runner = todo.popleft()
            until = runner.at + self._batch
            runner.until = until if until < self.goal else self.goal
            runner.is_driven = True
            me.driven = runner
            me.drives += 1
            if self._watch_bed is not None and len(self._handlers) > 1:
                watch_bed, self._watch_bed = self._watch_bed, None
        if watch_bed is not None:
            watch_bed.set()
        if wants_help:
            self._help()
        return runner

    def _put_back(self, me: RunnerThread, done: "SharedRunner") -> None:
        """Take back a runner that a thread has driven, unless it keeps it. The lock is held."""
        me.driven = None
        done.is_driven = me.is_apart
        if done in self._handlers:
            counts, before, after = self._counts, done.at, done.until
            counts[after] = counts.get(after, 0) + 1
            done.at = after
            if counts[before] > 1:
                counts[before] -= 1
            else:
                del counts[before]
                me.must_advance = self._move_gate()
        if done.is_stopping:
            done.ended.set()
        elif done.at < self.goal and not me.is_apart:
            self._todo.append(done)

    def _look_for_events(self, highest: Callable[[int], int]) -> bool:
        """Look for a later goal, when no handler waits to be driven. The caller holds the lock.

        Everything up to the goal is published, so `highest` begins behind it. Returns whether there
        is so much to do that the thread should have help.
        """
        before, goal = self.goal, highest(self.goal + 1)
        if goal <= before:
            return False
        self.goal = goal
        self._todo.extend(
            [
                each
                for each in self._handlers
                if each.at < goal and not each.is_driven and not each.is_stopping
            ]
        )
        count = len(self._todo)
        return count > 1 and count * (goal - before) >= self.worth_help

    def _rest(self, me: RunnerThread) -> None:
        """Decide how a thread without work rests. The caller holds the lock."""
        if self._listener is None:
            self._listener = me
            me.turn = Turn.LISTEN
        else:
            me.bed = self._host.event()
            self._parked.append(me.bed)
            me.turn = Turn.PARK

    # -- threads ----------------------------------------------------------------------------------

    def _help(self) -> bool:
        """Wake a parked thread, or start one if there are too few; return whether it could."""
        with self._lock:
            bed = self._parked.pop() if self._parked else None
            is_short = len(self._threads) < self._most and not self.is_over
        if bed is not None:
            bed.set()
        return bed is not None or (is_short and self._try_to_start())

    def _try_to_start(self) -> bool:
        """Start a thread if the system has one left; the watch will ask again."""
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
                self._threads.append(thread)
            self._host.start_thread(thread.run, thread.name)
        except BaseException:
            # After an interrupt the thread may exist. If it has not begun, it will not: see `begin`
            with self._lock:
                if not thread.has_begun and thread in self._threads:
                    self._threads.remove(thread)
            raise

    def begin(self, thread: RunnerThread) -> bool:
        """Whether a new thread shall work: its start was not undone. In that thread."""
        with self._lock:
            thread.has_begun = thread in self._threads
        return thread.has_begun

    def leave(self, thread: RunnerThread, failure: BaseException | None) -> None:
        """Forget a thread that ends, in that thread.

        If it has died, another takes its place. If there is none, the handlers have died too.
        """
        with self._lock:
            if self._listener is thread:
                self._listener = None
            if thread in self._threads:
                self._threads.remove(thread)
            driven = thread.driven
        if failure is None:
            return
        if driven is not None:
            self.bury(driven, failure, thread)
        self._help()
        with self._lock:
            heirs = () if self._threads else tuple(self._handlers)
        for each in heirs:
            self.bury(each, failure, thread)

    # -- the watch --------------------------------------------------------------------------------

    def _wake_watch(self) -> None:
        with self._lock:
            bed, self._watch_bed = self._watch_bed, None
        if bed is not None:
            bed.set()

    def _holds_up(self, thread: RunnerThread) -> bool:
        """Whether a thread drives a handler, and there are others. The caller holds the lock."""
        driven = thread.driven
        return driven is not None and len(self._handlers) > (driven in self._handlers)

    def is_calm(self, bed: Event) -> bool:
        """See `Watched`."""
        with self._lock:
            if self.is_over or any(map(self._holds_up, self._threads)):
                return False
            if self._listener is None and len(self._handlers) > 1:
                return False  # a thread is on its way, or has died
            self._watch_bed = bed
            return True

    def look(self) -> None:
        """See `Watched`.

        A thread that has not come back since the look before the last one keeps its handler, if
        there is another thread for the others. If one has not come back since the last look, and
        handlers wait to be driven or no thread listens, it asks for help.
        """
        with self._lock:
            looks = [(each.looks_since(), each) for each in self._threads]
            is_late = bool(self._todo) or self._listener is None
            held_up = set(filter(self._holds_up, self._threads))
        for count, each in looks:
            if count >= BLOCKED_LOOKS and each in held_up:
                self._set_apart(each)
        if is_late and any(count for count, _ in looks):
            self._help()

    def _set_apart(self, thread: RunnerThread) -> None:
        """Let a thread keep the handler that it drives, as soon as there is a thread instead."""
        drives = thread.drives
        if not self._parked and not self._try_to_start():
            return
        with self._lock:
            if thread.driven is not None and thread.drives == drives and thread in self._threads:
                thread.is_apart = True
                self._threads.remove(thread)
