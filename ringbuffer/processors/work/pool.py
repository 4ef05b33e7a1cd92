"""`WorkerPool`: each event to exactly one of several workers.

The order of the events is kept within a worker, and not across workers. A worker claims several events at a time (LMAX
Disruptor's `WorkProcessor` claims one), fewer when there are fewer to share; see `ringbuffer.processors.work.share`.
"""

import itertools
from collections.abc import Iterable
from typing import Any, Final

from ringbuffer.checks import check_at_least_one, check_timeout
from ringbuffer.errors import ProcessorStateError
from ringbuffer.processors.exceptions import ExceptionHandler, FatalExceptionHandler, check_exception_handler
from ringbuffer.processors.handlers import AnyHandler, name_of
from ringbuffer.processors.rewind import RewindAlways, RewindStrategy, check_rewind_strategy
from ringbuffer.processors.state import ProcessorState
from ringbuffer.processors.work.share import WorkShare
from ringbuffer.processors.work.worker import Worker, worker_hooks
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence, SequenceGroup

#: The most events that a worker claims at once, unless it is told otherwise.
DEFAULT_CHUNK: Final = 64


class WorkerPool[E]:
    """Workers that share the events of a ring: each event goes to exactly one of them. Any thread.

    Args:
        ring: what to consume.
        handlers: one for each worker; any of the forms of `ringbuffer.processors.handlers`.
        dependents: sequences that must have passed an event before a worker gets it.
        exception_handler: decides about the handlers' errors; the default stops the worker at the first.
        rewind: decides about `RewindBatch`; the default replays at once, always.
        max_chunk: the most events that a worker claims at once.
        name: of the pool; the default is the first handler's.

    Attributes:
        name: of the pool; its workers are called after it.
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
    ) -> None:
        check_at_least_one("max_chunk", max_chunk)
        handlers = list(handlers)
        self._share: Final = WorkShare(ring, tuple(dependents), max_chunk)
        self.name: Final = name or (name_of(handlers[0]) if handlers else "worker pool")
        self.exception_handler: ExceptionHandler = check_exception_handler(
            FatalExceptionHandler() if exception_handler is None else exception_handler
        )
        self._rewind: Final[RewindStrategy] = check_rewind_strategy(RewindAlways() if rewind is None else rewind)
        self._lock: Final = ring.host.lock()
        self._workers: tuple[Worker[E], ...] = ()
        self._numbers: Final = itertools.count(1)
        self._started = False
        for handler in handlers:
            worker_hooks(handler)  # refused before anything gates the ring
        self._share.gate(ring.new_barrier(*self._share.dependents))
        for handler in handlers:
            self.add(handler)

    @property
    def sequence(self) -> Sequence:
        """Every event up to here is handled; later stages depend on it."""
        return self._share.done

    @property
    def workers(self) -> tuple[Worker[E], ...]:
        """The workers now."""
        return self._workers

    @property
    def ring(self) -> RingBuffer[E]:
        """What the pool consumes."""
        return self._share.ring

    @property
    def dependents(self) -> tuple[Sequence | SequenceGroup, ...]:
        """What must have passed an event before a worker gets it."""
        return self._share.dependents

    @property
    def claimed(self) -> int:
        """The last sequence that a worker has claimed."""
        return self._share.work.get()

    # -- workers ------------------------------------------------------------------------------------------------

    def add(
        self,
        handler: AnyHandler[E],
        *,
        exception_handler: ExceptionHandler | None = None,
        rewind: RewindStrategy | None = None,
        name: str | None = None,
        cpu: int | None = None,
    ) -> Worker[E]:
        """Add a worker; in a pool that was started it starts at once, and gets its share of what is not claimed yet.

        Raises:
            TypeError: the handler has no method to handle events with, or is asynchronous.
            ValueError: there is no such `cpu`.
        """
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
        return worker

    def remove(self, worker: Worker[E], timeout: float | None = None) -> None:
        """Halt a worker, wait until it has finished what it has claimed, and let the others go on without it.

        Args:
            worker: of this pool.
            timeout: the longest wait, in seconds; None waits without a limit.

        Raises:
            ValueError: it is not one of this pool.
            TimeoutError: it has not finished in time. It stays in the pool, halting.
            ProcessorStateError: it died, or was halted, before it finished what it had claimed: start it again first.
                Or it is the caller itself.
        """
        if worker not in self._workers:
            raise ValueError(f"{worker!r} is not a worker of the pool {self.name!r}")
        timeout = check_timeout(timeout)
        if worker.is_current():
            raise ProcessorStateError(f"worker {worker.name!r} cannot remove itself: it would wait for its own end")
        if not worker.close(timeout):
            raise TimeoutError(f"worker {worker.name!r} has not finished its batch within {timeout} s; it stays in the pool")
        with self._lock:
            if worker.is_running:
                raise ProcessorStateError(f"worker {worker.name!r} was started again while it was being removed")
            check_finished(worker)
            self._workers = tuple(each for each in self._workers if each is not worker)
            self._share.busy.remove(worker.sequence)

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start every worker that does not run yet, each in a thread of its own.

        Raises:
            ProcessorStateError: a worker was told to halt, and has not finished: `join()` first.
        """
        with self._lock:
            self._started = True
            for worker in self._workers:
                if worker.state is not ProcessorState.RUNNING:
                    worker.start()

    def halt(self) -> None:
        """Tell every worker to stop after the events that it has claimed; return at once."""
        with self._lock:
            self._started = False
            for worker in self._workers:
                worker.halt()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every worker has stopped, at most `timeout` seconds; whether they have."""
        timeout, host = check_timeout(timeout), self._share.ring.host
        deadline = None if timeout is None else host.monotonic() + timeout
        ended = [worker.join(None if deadline is None else max(0, deadline - host.monotonic())) for worker in self._workers]
        return all(ended)

    def close(self, timeout: float | None = None) -> bool:
        """`halt()`, then `join(timeout)`."""
        self.halt()
        return self.join(timeout)

    def __repr__(self) -> str:
        return f"WorkerPool({self.name!r}, {len(self._workers)} workers, sequence={self.sequence.get()})"


def check_finished(*workers: Worker[Any]) -> None:
    """Raise `ProcessorStateError` if one of the workers, which have stopped, keeps what nobody else will handle."""
    for worker in workers:
        if worker.unfinished:
            raise ProcessorStateError(
                f"worker {worker.name!r} has claimed events that it has not finished, {worker.unfinished}; start it again, so "
                f"that they are handled, and then remove it"
            )
