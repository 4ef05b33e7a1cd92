"""`EventProcessor`: a consumer's thread and its life; the states of that are in `ringbuffer.processors.state`."""

import contextlib
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import check_timeout
from ringbuffer.errors import ConsumerFailedError, ProcessorStateError
from ringbuffer.host import Event, Thread
from ringbuffer.processors.exceptions import logger
from ringbuffer.processors.state import ProcessorState, describe, move
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class EventProcessor[E](ABC):
    """A consumer of a ring with a sequence, a barrier and a thread of its own. Any thread may start, halt and join it.

    Args:
        ring: what to consume.
        barrier: what to wait at: `ring.new_barrier(...)`, for this processor alone.
        name: of the processor and of its thread.
        gating: whether producers wait for this processor. The sequence is registered here, before the processor can start.
            Set it to False where another processor that comes later gates in its place.
        sequence: what the processor advances, where its maker has made it and takes care of the gating.
        cpu: the processor core that the thread of `start()` is bound to; None leaves it to the system.

    It starts where its barrier stands: behind the slowest of its dependents, or else at the end of what is published.

    Raises:
        ValueError: this process may not use such a `cpu`, or the barrier is another ring's.
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
            raise ValueError(f"{barrier!r} waits for the events of another ring; make it with new_barrier of {ring!r}")
        if cpu is not None and (isinstance(cpu, bool) or not isinstance(cpu, int)):
            raise TypeError(f"cpu must be the number of a core, not {cpu!r}")
        if cpu is not None and cpu not in ring.host.available_cpus():
            raise ValueError(
                f"this process cannot bind a thread to cpu {cpu!r}; it may use {sorted(ring.host.available_cpus())}"
            )
        self._cpu: Final = cpu
        self._ring: Final = ring
        self._barrier: Final = barrier
        self._name: Final = name
        self._sequence: Final = Sequence(memory=ring.memory) if sequence is None else sequence
        self._state: Final = ring.memory.cell(ProcessorState.IDLE)
        self._thread: Thread | None = None
        self._ended: Event = ring.host.event()
        self._taken: Event | None = None
        self._begins: Final = ring.host.lock()
        self._halting: Event = ring.host.event()
        self._failure: BaseException | None = None
        if sequence is not None:
            return
        if gating:
            ring.add_gating_sequences(self._sequence, start=barrier)
        else:
            self._sequence.set(barrier.get())

    @property
    def name(self) -> str:
        """The name of the processor and of its thread."""
        return self._name

    @property
    def sequence(self) -> Sequence:
        """The last event this processor has finished with; later stages depend on it."""
        return self._sequence

    @property
    def ring(self) -> RingBuffer[E]:
        """What this processor consumes."""
        return self._ring

    @property
    def barrier(self) -> SequenceBarrier:
        """What this processor waits at."""
        return self._barrier

    @property
    def state(self) -> ProcessorState:
        """Where the processor is in its life, at this moment."""
        return ProcessorState(self._state.load())

    @property
    def is_running(self) -> bool:
        """Whether a run is in progress, though it may have been told to halt."""
        return self.state in (ProcessorState.RUNNING, ProcessorState.HALTING)

    @property
    def failure(self) -> BaseException | None:
        """What stopped the last run, if it did not stop because it was halted."""
        return self._failure

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to consume in a new thread; return at once. A halted processor goes on where it stopped.

        Raises:
            ProcessorStateError: it is running, or has not finished halting: `join()` it first.
        """
        if not self._begin():
            return
        run = self._ended
        try:
            self._ring.host.start_thread(lambda: self._run_in_thread(run), self._name)
        except BaseException:
            # An interrupt may come when the thread is there already. One of the two takes the run, and ends it.
            if self._take(run):
                self._end()
            else:
                self.halt()
            raise

    def run(self) -> None:
        """Consume in the calling thread, until halted.

        Raises:
            ProcessorStateError: it is running already.
            BaseException: what stopped it, see `failure`.
        """
        if self._begin():
            self._run()

    def halt(self) -> None:
        """Tell the processor to stop after the batch it is in; return at once. What it has not handled stays in the ring.

        A processor that was never started remembers it: its first run returns at once. To one that has stopped it is
        nothing. The alert comes after the state: a processor that is woken by it finds the state changed.
        """
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

    def pause(self, seconds: float) -> None:
        """Wait between two looks at something that nobody announces; `halt()` ends it. Processor's thread only."""
        self._halting.wait(seconds)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the run in progress has ended.

        Args:
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            Whether it has ended. At once, and False, to the processor's own thread: it cannot wait for itself.
        """
        timeout = check_timeout(timeout)
        with self._begins:  # RUNNING and the event of that run appear together
            if not self.is_running:
                return True
            ended, thread = self._ended, self._thread
        if thread is self._ring.host.current_thread():
            return False
        return ended.wait(timeout)

    def is_current(self) -> bool:
        """Whether the calling thread is the one that runs this processor now."""
        return self.is_running and self._thread is self._ring.host.current_thread()

    def close(self, timeout: float | None = None) -> bool:
        """`halt()`, then `join(timeout)`. From inside the handler it only halts."""
        timeout = check_timeout(timeout)
        self.halt()
        return self.join(timeout)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # -- a run --------------------------------------------------------------------------------------------------

    @abstractmethod
    def _process(self) -> None:
        """Consume until `_must_stop`, from hook to hook; whatever is raised here is fatal to this consumer."""

    def _must_stop(self) -> bool:
        """Whether the run in progress was told to end."""
        return self._state.load() != ProcessorState.RUNNING

    def _begin(self) -> bool:
        """Take the run; or consume the halt that came first, and return False."""
        ended, halting = self._ring.host.event(), self._ring.host.event()
        with self._begins:
            moved = move(
                self._state,
                (ProcessorState.IDLE, ProcessorState.RUNNING),
                (ProcessorState.HALTED, ProcessorState.RUNNING),
                (ProcessorState.HALT_PENDING, ProcessorState.HALTED),
            )
            if moved is ProcessorState.RUNNING:
                self._failure, self._thread, self._ended, self._halting = None, None, ended, halting
        if moved is None:
            raise ProcessorStateError(
                f"processor {self._name!r} is {self.state.name}; it can be started when it is IDLE or HALTED: "
                f"halt() and join() it first"
            )
        return moved is ProcessorState.RUNNING

    def _end(self) -> None:
        """The run is over: the state first, then whoever waits in `join`."""
        ended = self._ended
        self._state.store(ProcessorState.HALTED)
        ended.set()

    def _take(self, run: Event) -> bool:
        """Whether the caller is the first to take this run, which is the last that was begun."""
        with self._begins:
            if self._taken is run or self._ended is not run:
                return False
            self._taken = run
            return True

    def _run_in_thread(self, run: Event) -> None:
        """The body of an own thread: the failure was recorded and logged, and the ring closed; nobody can catch it here."""
        if self._take(run):
            with contextlib.suppress(BaseException):
                self._run(self._cpu)

    def _run(self, cpu: int | None = None) -> None:
        state = self._ring.sequencer.state
        self._thread = self._ring.host.current_thread()
        self._sequence.has_stopped = False
        thread = state.enter_consumer(self._sequence)
        try:
            if cpu is not None:
                self._ring.host.pin(cpu)
            self._process()
        except BaseException as failure:
            self._fail(failure)
            raise
        finally:
            try:
                self._sequence.has_stopped = True
                state.leave_consumer(thread, self._sequence)
            finally:
                self._end()

    def _fail(self, failure: BaseException) -> None:
        """Record why this consumer died, and let no producer wait for it."""
        self._failure = failure
        error = ConsumerFailedError(
            f"consumer {self._name!r} died of {describe(failure)}; it had finished up to sequence "
            f"{self._sequence.get()}. The ring takes no more claims"
        )
        error.__cause__ = failure
        self._ring.close(error)
        logger.critical(
            "processor %r died after sequence %d; the ring is closed",
            self._name,
            self._sequence.get(),
            exc_info=failure,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, {self.state.name}, sequence={self._sequence.get()})"
