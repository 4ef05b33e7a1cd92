"""`Node`: a consumer in the graph.

It is a processor or a pool, and knows its dependencies and how far it can advance.
"""

from collections.abc import Iterable, Iterator
from types import MethodType
from typing import Any, Final

from ringbuffer.processors import (
    EventProcessor,
    ExceptionHandler,
    ProcessorState,
    Worker,
    WorkerPool,
)
from ringbuffer.sequence import Sequence


def is_same(one: object, other: object) -> bool:
    """Whether both are the same handler: one object, or one method of one object."""
    if isinstance(one, MethodType) and isinstance(other, MethodType):
        return one.__self__ is other.__self__ and one.__func__ is other.__func__
    return one is other


class Node:
    """One consumer of a disruptor. Any thread.

    Args:
        runner: the processor or the pool.
        handlers: the objects by which users refer to the node: what they gave to the disruptor.
        after: its dependencies: the nodes that must have passed an event before it.
        has_own_exception_handler: its processors that do not use the disruptor's default.

    Attributes:
        is_leaving: whether it is being removed; no consumer can come after it any more.
    """

    __slots__ = ("after", "handlers", "has_own_exception_handler", "is_leaving", "runner")

    def __init__(
        self,
        runner: EventProcessor[Any] | WorkerPool[Any],
        handlers: tuple[object, ...],
        after: tuple["Node", ...],
        has_own_exception_handler: Iterable[EventProcessor[Any]] = (),
    ) -> None:
        self.runner: Final = runner
        self.handlers: Final = handlers
        self.after: Final = after
        self.has_own_exception_handler: Final = set(has_own_exception_handler)
        self.is_leaving = False

    @property
    def name(self) -> str:
        """The name of the processor or the pool."""
        return self.runner.name

    @property
    def sequence(self) -> Sequence:
        """The sequence that it has finished."""
        return self.runner.sequence

    @property
    def processors(self) -> tuple[EventProcessor[Any], ...]:
        """The processor, or the workers of the pool."""
        return self.runner.workers if isinstance(self.runner, WorkerPool) else (self.runner,)

    @property
    def failures(self) -> Iterator[tuple[EventProcessor[Any], BaseException]]:
        """The processors that died, each with its error."""
        for processor in self.processors:
            if processor.failure is not None:
                yield processor, processor.failure

    @property
    def is_stopped(self) -> bool:
        """Whether none of its threads runs."""
        return not any(processor.is_running for processor in self.processors)

    @property
    def state(self) -> str:
        """What drawings and metrics show: its state, or how many of its workers run."""
        if isinstance(self.runner, WorkerPool):
            running = sum(processor.is_running for processor in self.processors)
            return f"{running} of {len(self.processors)} workers running"
        return "DIED" if self.runner.failure is not None else self.runner.state.name

    def processor_of(self, handler: object) -> EventProcessor[Any] | WorkerPool[Any] | None:
        """Return what consumes for `handler`: the processor, the pool, or one of its workers.

        None if `handler` does not belong to this node.
        """
        for processor in self.processors:
            if handler is processor or (
                isinstance(processor, Worker) and is_same(processor.handler, handler)
            ):
                return processor
        return (
            self.runner
            if any(is_same(handler, each) for each in (self.runner, *self.handlers))
            else None
        )

    # -- how far it can advance -----------------------------------------------------------

    def reach(self, target: int) -> int:
        """The sequence that it will reach if it may go up to `target`.

        It holds as long as no thread starts or halts a processor.
        """
        if not any(_goes_on(processor) for processor in self.processors):
            return self.sequence.get()
        if isinstance(self.runner, WorkerPool):
            stuck = (worker.unfinished for worker in self.runner.workers if not _goes_on(worker))
            return min((left.start - 1 for left in stuck if left), default=target)
        return target

    def left(self, target: int) -> int:
        """How many events up to `target` it has yet to handle, as far as it can advance.

        A pool without a worker keeps every event for the workers that are added later.
        """
        if isinstance(self.runner, WorkerPool):
            if not any(_goes_on(worker) for worker in self.runner.workers):
                return 0 if self.runner.workers else max(0, target - self.runner.claimed)
            claimed = self.runner.claimed  # first: a worker notes a claim before it makes it
            working = sum(
                len(worker.unfinished) for worker in self.runner.workers if _goes_on(worker)
            )
            return max(0, target - claimed) + working
        return max(0, self.reach(target) - self.sequence.get())

    def unhandled(self, target: int) -> int:
        """How many events up to `target` it has not finished, whether it still runs or not."""
        if isinstance(self.runner, WorkerPool):
            claimed = self.runner.claimed  # first, as in `left`
            return max(0, target - claimed) + sum(
                len(worker.unfinished) for worker in self.runner.workers
            )
        return max(0, target - self.sequence.get())

    def set_exception_handler(self, exception_handler: ExceptionHandler, runner: object) -> None:
        """Let `exception_handler` decide for `runner` from now on.

        `runner` is the processor, the pool with all its workers, or one of the workers.

        Raises:
            TypeError: a ready-made processor has no `exception_handler` to replace.
        """
        affected = [each for each in self.processors if runner is self.runner or each is runner]
        for processor in affected:
            _set(processor, exception_handler)
        self.has_own_exception_handler.update(affected)
        if isinstance(self.runner, WorkerPool) and runner is self.runner:
            self.runner.exception_handler = exception_handler

    def set_default_exception_handler(self, exception_handler: ExceptionHandler) -> None:
        """Let `exception_handler` decide for processors for which no other is set."""
        for processor in self.processors:
            if processor not in self.has_own_exception_handler:
                _set(processor, exception_handler)
        if isinstance(self.runner, WorkerPool) and self.runner not in self.handlers:
            self.runner.exception_handler = exception_handler


def _set(processor: EventProcessor[Any], exception_handler: ExceptionHandler) -> None:
    if not hasattr(processor, "exception_handler"):
        raise TypeError(f"{processor!r} was ready-made, and has no exception_handler to replace")
    processor.exception_handler = exception_handler


def _goes_on(processor: EventProcessor[Any]) -> bool:
    """Whether a processor handles events, or will do so after its start."""
    return processor.state in (ProcessorState.RUNNING, ProcessorState.IDLE)
