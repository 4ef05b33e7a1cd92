"""`WorkerPool`: each event goes to exactly one of several workers.

Each worker gets its events in order; there is no order across workers. A worker claims several
events at a time, and fewer if there are fewer to share (LMAX Disruptor's `WorkProcessor` claims
one). `ringbuffer.processors.work.share` describes the protocol.
"""

import itertools
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from ringbuffer.checks import Duration, check_at_least_one, check_timeout
from ringbuffer.errors import ProcessorStateError
from ringbuffer.forks import made_here
from ringbuffer.one_process import OneProcess
from ringbuffer.processors.exceptions import FatalExceptionHandler, check_exception_handler
from ringbuffer.processors.failure import ExceptionHandler
from ringbuffer.processors.handlers import AnyHandler, name_of
from ringbuffer.processors.rewind import RewindAlways, RewindStrategy, check_rewind_strategy
from ringbuffer.processors.state import ProcessorState
from ringbuffer.processors.work.share import WorkShare
from ringbuffer.processors.work.worker import Worker, worker_hooks
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer.left_behind import LossWatch, end_when_lost

#: The most events that a worker claims at once, by default.
DEFAULT_CHUNK: Final = 64


class WorkerPool[E](OneProcess):
    """Workers that share the events of a ring: each event goes to exactly one of them. Any thread.

    Args:
        ring: the ring to consume.
        handlers: one for each worker; any of the forms of `ringbuffer.processors.handlers`.
        dependents: sequences that must have passed an event before a worker gets it.
        exception_handler: decides about the handlers' errors; the default stops the worker at the
            first.
        rewind: decides about `RewindBatch`; the default always replays at once.
        max_chunk: the most events that a worker claims at once.
        name: the name of the pool; the default is the first handler's.
        gating: whether producers wait for the pool from now on. Pass False to call `gate` later,
            before any worker starts. A pool that is garbage collected, and was never started, stops
            gating.

    Attributes:
        name: the name of the pool; the names of its workers begin with it.
        exception_handler: for workers that are added from now on.

    Raises:
        ValueError: `max_chunk` is less than 1.
    """

    def __init__(
        self,
        ring: RingBuffer[E],
        handlers: Iterable[AnyHandler[E]] = (),
        *,
        dependents: Iterable[Sequence | SequenceGroup] = (),
        exception_handler: ExceptionHandler | None = None,
        rewind: RewindStrategy | None = None,
        max_chunk: int = DEFAULT_CHUNK,
        name: str | None = None,
        gating: bool = True,
    ) -> None:
        max_chunk = check_at_least_one("max_chunk", max_chunk)
        handlers = list(handlers)
        self._share: Final = WorkShare(ring, tuple(dependents), max_chunk)
        self.name: Final = name or (name_of(handlers[0]) if handlers else "worker pool")
        self.exception_handler: ExceptionHandler = check_exception_handler(
            FatalExceptionHandler() if exception_handler is None else exception_handler
        )
        rewind = RewindAlways() if rewind is None else rewind
        self._rewind: Final[RewindStrategy] = check_rewind_strategy(rewind)
        #: A condition, because its owner may take its lock again: a signal handler may call `halt`
        #: in the middle of a `start`.
        self._lock: Final = ring.host.condition()
        self._workers: tuple[Worker[E], ...] = ()
        self._numbers: Final = itertools.count(1)
        self._started = False
        self._unused: LossWatch | None = None
        made_here(self)
        for handler in handlers:
            worker_hooks(handler)  # refuse it before the pool gates the ring
        try:
            if gating:
                self.gate()
            for handler in handlers:
                self.add(handler)
        except BaseException:
            ring.remove_gating_sequence(self._share.done)
            raise

    def gate(self) -> None:
        """Make producers wait for the pool, which starts behind its dependencies.

        Call it once, before any worker starts.
        """
        ring = self._share.ring
        end = partial(ring.remove_gating_sequence, self._share.done)
        self._unused = end_when_lost(self, ring.sequencer.state, end, f"{self.name} was not used")
        self._share.gate(ring.new_barrier(*self._share.dependents), self.name)

    def _is_used(self) -> None:
        """From here on it gates until its caller removes it: it may continue where it stopped."""
        if self._unused is not None:
            self._unused.detach()

    def _after_fork(self, made_in: int) -> None:
        """In a child: the pool is the parent's, so its collection must not end anything."""
        self._is_used()

    @property
    def sequence(self) -> Sequence:
        """The sequence up to which every event is handled; later stages depend on it."""
        return self._share.done

    @property
    def workers(self) -> tuple[Worker[E], ...]:
        """The present workers."""
        return self._workers

    @property
    def ring(self) -> RingBuffer[E]:
        """The ring that the pool consumes."""
        return self._share.ring

    @property
    def dependents(self) -> tuple[Sequence | SequenceGroup, ...]:
        """The sequences that must have passed an event before a worker gets it."""
        return self._share.dependents

    @property
    def claimed(self) -> int:
        """The last sequence that a worker has claimed."""
        return self._share.work.get()

    # -- workers --------------------------------------------------------------------------

    def add(
        self,
        handler: AnyHandler[E],
        *,
        exception_handler: ExceptionHandler | None = None,
        rewind: RewindStrategy | None = None,
        name: str | None = None,
        cpu: int | None = None,
    ) -> Worker[E]:
        """Add a worker; in a pool that was started, it starts at once and shares unclaimed events.

        Raises:
            TypeError: the handler has no method for events, or is asynchronous.
            ValueError: there is no such `cpu`.
        """
        worker: Worker[E] | None = None
        try:
            with self._lock:
                worker = Worker(
                    self,
                    self._share,
                    handler,
                    self.exception_handler if exception_handler is None else exception_handler,
                    self._rewind if rewind is None else rewind,
                    name or f"{self.name} #{next(self._numbers)}",
                    cpu,
                )
                self._share.busy.add(worker.sequence)
                self._workers = (*self._workers, worker)
                if self._started:
                    worker.start()
        except BaseException:
            # The system lacks a thread, or an interrupt. The worker may run already, and finishes
            # its claim.
            if worker is not None:
                worker.close()
                with self._lock:
                    if not worker.unfinished:
                        self._leave(worker)
            raise
        return worker

    def remove(self, worker: Worker[E], timeout: Duration | None = None) -> None:
        """Halt a worker, wait until it has finished its claim, and take it out of the pool.

        Args:
            worker: a worker of this pool.
            timeout: the longest wait, in seconds; None waits without a limit.

        Raises:
            ValueError: it is not a worker of this pool.
            TimeoutError: it has not finished in time. It stays in the pool, halting.
            ProcessorStateError: it died, or was halted, before it finished its claim: start it
                again first. Or the worker itself is the caller.
        """
        if worker not in self._workers:
            raise ValueError(f"{worker!r} is not a worker of the pool {self.name!r}")
        timeout = check_timeout(timeout)
        if worker.is_current():
            why = "it would wait for its own end"
            raise ProcessorStateError(f"worker {worker.name!r} cannot remove itself: {why}")
        if not worker.close(timeout):
            late = f"has not finished its batch within {timeout} s; it stays in the pool"
            raise TimeoutError(f"worker {worker.name!r} {late}")
        with self._lock:
            if worker.is_running:
                what = "was started again while it was being removed"
                raise ProcessorStateError(f"worker {worker.name!r} {what}")
            check_finished(worker)
            try:
                self._leave(worker)
            except BaseException:  # an interrupt: take it out anyway
                self._leave(worker)
                raise

    def _leave(self, worker: Worker[E]) -> None:
        """Take out a worker that has no claim. The caller holds the lock."""
        self._workers = tuple(each for each in self._workers if each is not worker)
        self._share.busy.remove(worker.sequence)

    # -- life cycle -----------------------------------------------------------------------

    def start(self) -> None:
        """Start every worker that is not running, each in its own thread; or none if one fails.

        Raises:
            ProcessorStateError: a worker is halting, and has not finished: `join()` first.
            RuntimeError, MemoryError: the system lacks threads. The call has halted the workers
                that it had started; `start` may be called again later.
        """
        begun: list[Worker[E]] = []
        was_started: bool | None = None
        self._is_used()
        try:
            with self._lock:
                was_started, self._started = self._started, True
                # No loop that ends with a condition in a block: see `ringbuffer.system`.
                for worker in filter(is_not_running, self._workers):
                    worker.start()
                    begun.append(worker)
                if not self._started:  # a signal handler has halted the pool in the meantime
                    self.halt()
        except BaseException:
            if was_started is not None:
                self._started = was_started
            for worker in begun:
                worker.halt()
            for worker in begun:
                worker.join()
            raise

    def halt(self) -> None:
        """Tell every worker to stop after its claim; return at once."""
        with self._lock:
            self._started = False
            for worker in self._workers:
                worker.halt()

    def join(self, timeout: Duration | None = None) -> bool:
        """Wait at most `timeout` seconds for every worker to stop; return whether they have."""
        timeout, host = check_timeout(timeout), self._share.ring.host
        deadline = None if timeout is None else host.monotonic() + timeout

        def remaining() -> float | None:
            return None if deadline is None else max(0, deadline - host.monotonic())

        ended = [worker.join(remaining()) for worker in self._workers]
        return all(ended)

    def close(self, timeout: Duration | None = None) -> bool:
        """Call `halt()`, then `join(timeout)`."""
        self.halt()
        return self.join(timeout)

    def __repr__(self) -> str:
        workers, sequence = len(self._workers), self.sequence.get()
        return f"WorkerPool({self.name!r}, {workers} workers, sequence={sequence})"


def is_not_running(worker: Worker[Any]) -> bool:
    """Whether `start` has to start the worker."""
    return worker.state is not ProcessorState.RUNNING


def check_finished(*workers: Worker[Any]) -> None:
    """Raise `ProcessorStateError` if one of the workers, which have stopped, has kept a claim."""
    for worker in workers:
        if worker.unfinished:
            raise ProcessorStateError(
                f"worker {worker.name!r} has claimed events that it has not finished, "
                f"{worker.unfinished}; start it again, so that it handles them, and then remove it"
            )
