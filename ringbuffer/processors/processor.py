"""`EventProcessor`: a consumer's thread and its life cycle.

`ringbuffer.processors.state` draws the states, and `ringbuffer.processors.life` changes them.
"""

import contextlib
from abc import ABC, abstractmethod
from functools import partial
from typing import Final, Self

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import Duration, check_integer, check_timeout
from ringbuffer.errors import ConsumerFailedError
from ringbuffer.forks import made_here
from ringbuffer.host import Event
from ringbuffer.one_process import OneProcess
from ringbuffer.processors.exceptions import logger, was_logged
from ringbuffer.processors.life import Life
from ringbuffer.processors.state import ProcessorState, describe, move
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence
from ringbuffer.sequencer.left_behind import LossWatch, end_when_lost


class EventProcessor[E](Life, OneProcess, ABC):
    """A consumer of a ring, with its own sequence, barrier and thread.

    Any thread may start, halt and join it. It begins behind the slowest of its dependencies. If it
    has none, it begins with the next event that is published.

    Args:
        ring: the ring to consume.
        barrier: the barrier to wait at: `ring.new_barrier(...)`, for this processor alone.
        name: the name of the processor and of its thread.
        gating: whether producers wait for this processor. The constructor registers the sequence,
            before the processor can start. Pass False if a later processor gates in its place. If
            nothing refers to the processor any more, and it was never started, it stops gating.
        sequence: the sequence to advance, if the caller has made it and registers it.
        cpu: the processor core that the thread of `start()` is bound to; None leaves the choice to
            the system.

    Raises:
        ValueError: this process may not use that `cpu`, or the barrier belongs to another ring.
    """

    def __init__(
        self,
        ring: RingBuffer[E],
        barrier: SequenceBarrier,
        *,
        name: str,
        gating: bool = True,
        cpu: int | None = None,
        sequence: Sequence | None = None,
    ) -> None:
        if barrier.publication is not ring.sequencer:
            remedy = f"make it with new_barrier of {ring!r}"
            raise ValueError(f"{barrier!r} waits for the events of another ring; {remedy}")
        cpu = None if cpu is None else check_integer("cpu", cpu, what="the number of a core")
        if cpu is not None and cpu not in ring.host.available_cpus():
            usable = sorted(ring.host.available_cpus())
            raise ValueError(f"this process cannot bind a thread to cpu {cpu}; it may use {usable}")
        self._cpu: Final = cpu
        self._ring: Final = ring
        self._barrier: Final = barrier
        own = Sequence(memory=ring.memory) if sequence is None else sequence
        self._sequence: Final = own
        if own.driver is not None:
            why = "two processors cannot advance one sequence"
            raise ValueError(f"{sequence!r} belongs to the {own.driver}; {why}")
        super().__init__(name, ring.memory, ring.host)
        made_here(self)
        self._sequence.driver = f"processor {name!r}"  # `repr` may run a signal handler
        self._unused: LossWatch | None = None
        if sequence is None and gating:
            state, end = ring.sequencer.state, partial(ring.remove_gating_sequence, own)
            self._unused = end_when_lost(self, state, end, f"{name} was not used")
            # Last: an interrupt comes before this call, or the call undoes itself.
            ring.add_gating_sequences(self._sequence, start=barrier)
        elif sequence is None:
            self._sequence.set(barrier.get())

    @property
    def sequence(self) -> Sequence:
        """The last event that this processor has finished; later stages depend on it."""
        return self._sequence

    @property
    def ring(self) -> RingBuffer[E]:
        """The ring that this processor consumes."""
        return self._ring

    @property
    def barrier(self) -> SequenceBarrier:
        """The barrier that this processor waits at."""
        return self._barrier

    # -- life cycle -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to consume in a new thread; return at once.

        A halted processor continues where it stopped.

        Raises:
            ProcessorStateError: it is running, or has not finished halting: `join()` it first.
            RuntimeError, MemoryError, OSError: the system lacks a thread, or what the thread needs.
                Nothing was started; `start` may be called again later.
        """
        self._is_used()
        if not self._begin():
            return
        run = self._ended
        try:
            self._prepare()
            self._ring.host.start_thread(lambda: self._run_in_thread(run), self._name)
        except BaseException:
            # An interrupt may come when the new thread exists already. One of the two threads takes
            # the run and ends it.
            if self._take(run):
                self._discard()
                self._end_of(run)
            else:
                self.halt()
            raise

    def run(self) -> None:
        """Consume in the calling thread until the processor is halted.

        Raises:
            ProcessorStateError: it is running already.
            BaseException: the error that stopped it, see `failure`.
        """
        self._is_used()
        if self._begin():
            run = self._ended
            try:
                self._prepare()
                self._run()
            except BaseException:
                # An interrupt may come before the run has used what `_prepare` made, or after all
                # of the run except its end.
                self._discard()
                self._end_of(run)
                raise

    def halt(self) -> None:
        """Tell the processor to stop after the current batch; return at once.

        Events that it has not handled stay in the ring. A processor that was never started
        remembers the halt: its first run returns at once. A processor that has stopped ignores it.
        The alert comes after the state, so a processor that the alert wakes finds the state
        changed.
        """
        try:
            with self._begins:  # RUNNING and the event of that run appear together
                moved = move(
                    self._state,
                    (ProcessorState.RUNNING, ProcessorState.HALTING),
                    (ProcessorState.IDLE, ProcessorState.HALT_PENDING),
                )
                halting = self._halting
            if moved is ProcessorState.HALTING:
                halting.set()
                self._barrier.alert()
        except BaseException:
            # An interrupt, perhaps after the state changed. A second halt would not alert.
            if self.state is ProcessorState.HALTING:
                self._halting.set()
                self._barrier.alert()
            raise

    def pause(self, seconds: float) -> None:
        """Wait before another look at something that sends no signal; `halt()` ends the wait.

        Processor's thread only.
        """
        self._halting.wait(seconds)

    def close(self, timeout: Duration | None = None) -> bool:
        """Call `halt()`, then `join(timeout)`. Called by the handler, it only halts."""
        timeout = check_timeout(timeout)
        self.halt()
        return self.join(timeout)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()

    def _is_used(self) -> None:
        """From here on it gates until its caller removes it: it may continue where it stopped."""
        if self._unused is not None:
            self._unused.detach()

    def _after_fork(self, made_in: int) -> None:
        """In a child: the processor is the parent's, so its collection must not end anything."""
        self._is_used()

    # -- a run ----------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Get what a run needs from the system; or raise, and keep nothing.

        Called in the thread that starts the run.
        """

    def _discard(self) -> None:
        """Give back what `_prepare` got, because no run will use it."""

    @abstractmethod
    def _process(self) -> None:
        """Consume until `_must_stop`, from hook to hook; an error that it raises is fatal."""

    def _must_stop(self) -> bool:
        """Whether a halt has asked the current run to end."""
        return self._state.load() != ProcessorState.RUNNING

    def _run_in_thread(self, run: Event) -> None:
        """The body of the new thread.

        `_fail` has recorded and logged a failure, and closed the ring; no caller could catch it.
        """
        if self._take(run):
            with contextlib.suppress(BaseException):
                self._run(self._cpu)

    def _run(self, cpu: int | None = None) -> None:
        state, run = self._ring.sequencer.state, self._ended
        thread = self._ring.host.thread_id()
        was_driven = self._sequence.is_driven
        try:
            self._thread = self._ring.host.current_thread()
            self._sequence.has_stopped = False
            self._sequence.is_driven = True
            state.enter_consumer(self._sequence)
            if cpu is not None:
                self._ring.host.pin(cpu)
            self._process()
        except BaseException as failure:
            try:
                self._fail(failure)
            finally:
                self._tell()
            raise
        finally:
            try:
                self._sequence.is_driven = was_driven
                self._sequence.has_stopped = True
                state.leave_consumer(thread, self._sequence)
                self._end()
            except BaseException:  # an interrupt: do now what it has skipped
                try:
                    state.leave_consumer(thread, self._sequence)
                finally:
                    self._end_of(run)
                raise

    def _tell(self) -> None:
        """Signal the last advance, because the run may have ended before its own signal."""
        advanced = self._ring.on_advance()
        if advanced is not None:
            advanced()

    def _fail(self, failure: BaseException) -> None:
        """Record why this consumer died, then decide about the ring: see `on_death`."""
        self._failure = failure
        self.on_death(failure)

    def on_death(self, failure: BaseException) -> None:
        """Close the ring, so that no producer waits for this consumer. Processor's thread only.

        A subclass may override it, if the program can continue without this consumer.
        """
        finished = f"it had finished up to sequence {self._sequence.get()}"
        error = ConsumerFailedError(
            f"consumer {self._name!r} died of {describe(failure)}; {finished}. The ring is closed"
        )
        error.__cause__ = failure
        self._ring.close(error)
        trace = None if was_logged(failure) else failure  # once is enough
        logger.critical("%s", error, exc_info=trace)

    def __repr__(self) -> str:
        sequence = self._sequence.get()
        return f"{type(self).__name__}({self._name!r}, {self.state.name}, sequence={sequence})"
