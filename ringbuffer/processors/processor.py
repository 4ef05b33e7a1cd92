"""`EventProcessor`: a consumer's thread and its life.

                 start() / run()                halt(), or a fatal error              the run has ended
        IDLE ----------------------> RUNNING ----------------------------> HALTING ---------------------> HALTED
          |                             ^                                                                    |
          | halt()                      '----------------------- start() / run() ----------------------------'
          v
     HALT_PENDING ---- start() / run() returns at once, the handler is not called ----> HALTED

Every arrow is a compare-and-swap on one cell, so of two threads that start, one wins and the other gets an error, and a halt
that races with a start is either before it (and remembered) or after it (and seen by the run).
"""

import contextlib
import enum
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.errors import ConsumerFailedError, ProcessorStateError
from ringbuffer.host import Event, Thread
from ringbuffer.processors.exceptions import logger
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class ProcessorState(enum.IntEnum):
    """Where a processor is in its life."""

    IDLE = 0
    RUNNING = 1
    HALTING = 2
    HALTED = 3
    HALT_PENDING = 4


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
        ValueError: this process may not use such a `cpu`.
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
        try:
            self._ring.host.start_thread(self._run_in_thread, self._name)
        except BaseException:
            self._end()
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
        moved = self._move((ProcessorState.RUNNING, ProcessorState.HALTING), (ProcessorState.IDLE, ProcessorState.HALT_PENDING))
        if moved is ProcessorState.HALTING:
            with self._begins:  # RUNNING and the event of that run appear together
                halting = self._halting
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

    def _move(self, *transitions: tuple[ProcessorState, ProcessorState]) -> ProcessorState | None:
        """Make the first of `transitions` that starts from the present state; the state after it, or None.

        Each turn but the last means that another thread made a transition meanwhile, and there are few of those.
        """
        while True:
            state = self._state.load()
            after = dict(transitions).get(ProcessorState(state))
            if after is None:
                return None
            if self._state.compare_and_set(state, after):
                return after

    def _begin(self) -> bool:
        """Take the run; or consume the halt that came first, and return False."""
        ended, halting = self._ring.host.event(), self._ring.host.event()
        with self._begins:
            moved = self._move(
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

    def _run_in_thread(self) -> None:
        """The body of an own thread: the failure was recorded and logged, and the ring closed; nobody can catch it here."""
        with contextlib.suppress(BaseException):
            self._run(self._cpu)

    def _run(self, cpu: int | None = None) -> None:
        state = self._ring.sequencer.state
        self._thread = self._ring.host.current_thread()
        outer = state.enter_consumer(self._sequence)
        try:
            if cpu is not None:
                self._ring.host.pin(cpu)
            self._process()
        except BaseException as failure:
            self._fail(failure)
            raise
        finally:
            state.leave_consumer(outer)
            self._end()

    def _fail(self, failure: BaseException) -> None:
        """Record why this consumer died, and let no producer wait for it."""
        self._failure = failure
        error = ConsumerFailedError(
            f"consumer {self._name!r} died of {_describe(failure)}; it had finished up to sequence "
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


def _describe(failure: BaseException) -> str:
    """The failure's type and message; the type alone where the message itself fails."""
    try:
        return f"{type(failure).__name__}: {failure}"
    except Exception:
        return type(failure).__name__
