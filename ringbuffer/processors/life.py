"""`Life`: begins and ends the runs of a processor; see `ringbuffer.processors.state`."""

from typing import Final

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ProcessorStateError
from ringbuffer.host import Event, Host, Thread
from ringbuffer.memory import Memory
from ringbuffer.processors.state import ProcessorState, move


class Life:
    """The state of a processor, and the events of its latest run. Any thread.

    Args:
        name: the name of the processor.
        memory: provides the cell of the state.
        host: provides the lock and the events.
    """

    def __init__(self, name: str, memory: Memory, host: Host) -> None:
        self._name: Final = name
        self._host: Final = host
        self._state: Final = memory.cell(ProcessorState.IDLE)
        self._thread: Thread | None = None
        self._ended: Event = host.event()
        self._taken: Event | None = None
        #: A condition, because its owner may take its lock again: a signal handler may call `halt`
        #: in the middle of a `halt`.
        self._begins: Final = host.condition()
        self._halting: Event = host.event()
        self._failure: BaseException | None = None

    @property
    def name(self) -> str:
        """The name of the processor and of its thread."""
        return self._name

    @property
    def state(self) -> ProcessorState:
        """The state at this moment."""
        return ProcessorState(self._state.load())

    @property
    def is_running(self) -> bool:
        """Whether a run is in progress, even if a caller has asked it to halt.

        A run is in progress while it gets a thread or an event loop from the system. If the system
        lacks one, the run ends: `start` or `run` raises.
        """
        return self.state in (ProcessorState.RUNNING, ProcessorState.HALTING)

    @property
    def failure(self) -> BaseException | None:
        """What stopped the last run; None if it was halted."""
        return self._failure

    def join(self, timeout: Duration | None = None) -> bool:
        """Wait until the run in progress has ended.

        Args:
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            Whether the run has ended. The processor's own thread gets False at once: it cannot wait
            for itself.
        """
        timeout = check_timeout(timeout)
        with self._begins:  # RUNNING and the event of that run appear together
            if not self.is_running:
                return True
            ended, thread = self._ended, self._thread
        if thread is self._host.current_thread():
            return False
        return ended.wait(timeout)

    def is_current(self) -> bool:
        """Whether the calling thread runs this processor now."""
        return self.is_running and self._thread is self._host.current_thread()

    def _begin(self) -> bool:
        """Begin a run. If a halt came first, consume that halt and return False."""
        ended, halting = self._host.event(), self._host.event()
        try:
            moved = self._begin_as(ended, halting)
        except BaseException:  # an interrupt; a run that has begun ends here
            self._end_of(ended)
            raise
        if moved is None:
            can_start = "it can be started when it is IDLE or HALTED: halt() and join() it first"
            raise ProcessorStateError(f"processor {self._name!r} is {self.state.name}; {can_start}")
        return moved is ProcessorState.RUNNING

    def _begin_as(self, ended: Event, halting: Event) -> ProcessorState | None:
        """Begin a run with its own events; if a halt came first, consume that halt.

        Returns:
            The new state; or None if the processor is in a state that allows neither.
        """
        with self._begins:
            before = self._state.load()
            try:
                moved = move(
                    self._state,
                    (ProcessorState.IDLE, ProcessorState.RUNNING),
                    (ProcessorState.HALTED, ProcessorState.RUNNING),
                    (ProcessorState.HALT_PENDING, ProcessorState.HALTED),
                )
            except BaseException:
                # An interrupt, perhaps after the move. No other thread begins or halts a run while
                # this one holds the lock. A run that was in progress before may end meanwhile, so
                # its state is left alone.
                if before not in (ProcessorState.RUNNING, ProcessorState.HALTING):
                    self._state.store(before)
                raise
            if moved is ProcessorState.RUNNING:
                self._failure, self._thread = None, None
                self._ended, self._halting = ended, halting
        return moved

    def _end(self) -> None:
        """End the run: first store the state, then wake the threads that wait in `join`."""
        ended = self._ended
        self._state.store(ProcessorState.HALTED)
        ended.set()

    def _end_of(self, run: Event) -> None:
        """End that run if it has not ended, because an interrupt may have skipped its end."""
        with self._begins:  # no other run begins meanwhile
            if self._ended is run:
                move(
                    self._state,
                    (ProcessorState.RUNNING, ProcessorState.HALTED),
                    (ProcessorState.HALTING, ProcessorState.HALTED),
                )
        run.set()

    def _take(self, run: Event) -> bool:
        """Whether the caller is the first to take this run, and no later run has begun."""
        with self._begins:
            if self._taken is run or self._ended is not run:
                return False
            self._taken = run
            return True
