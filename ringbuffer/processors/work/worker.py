"""`Worker`: claims some of a pool's events, handles them, claims again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ringbuffer.barrier import BarrierView
from ringbuffer.errors import AlertError
from ringbuffer.memory import CellView
from ringbuffer.processors.dispatch import Dispatch
from ringbuffer.processors.exceptions import ExceptionHandler, check_exception_handler
from ringbuffer.processors.handlers import AnyHandler, HandlerHooks
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import RewindStrategy, check_rewind_strategy
from ringbuffer.processors.work.share import IDLE, WorkShare
from ringbuffer.sequence import Sequence

if TYPE_CHECKING:
    from ringbuffer.processors.work.pool import WorkerPool


class Worker[E](EventProcessor[E]):
    """One of the workers of a pool; made by `WorkerPool.add`. Started, halted and joined like any processor.

    A worker that is halted finishes what it has claimed. What one that died, or that was halted while it was to replay a
    batch, has not finished stays claimed by it, and is the first thing that it handles when it is started again.

    Attributes:
        pool: that it belongs to.
        handler: what it gives its events to.
        exception_handler: decides about the handler's errors; may be replaced at any time.
        rewind_strategy: decides about `RewindBatch`; may be replaced at any time.
    """

    def __init__(
        self,
        pool: "WorkerPool[E]",
        share: WorkShare[E],
        handler: AnyHandler[E],
        exception_handler: ExceptionHandler,
        rewind: RewindStrategy,
        name: str,
        cpu: int | None,
    ) -> None:
        self._hooks: Final = worker_hooks(handler)
        self.pool: Final = pool
        self._share: Final = share
        self.handler: Final = handler
        self.exception_handler = check_exception_handler(exception_handler)
        self.rewind_strategy = check_rewind_strategy(rewind)
        self._claimed = IDLE
        busy = Sequence(IDLE, memory=share.ring.memory)
        super().__init__(share.ring, share.ring.new_barrier(*share.dependents), name=name, cpu=cpu, sequence=busy)

    @property
    def unfinished(self) -> range:
        """The sequences that it has claimed and not finished, as of a moment ago; empty if none."""
        busy = self._sequence.get()
        return range(0) if busy == IDLE or self._claimed == IDLE else range(busy + 1, self._claimed + 1)

    def _process(self) -> None:
        """One run: everything that its loop touches belongs to the thread that runs it."""
        raise_done = self._share.done_raiser()
        busy = self._sequence.view()
        dispatch = Dispatch(self, self._hooks, self._ring.reader(), busy.word, raise_done)
        dispatch.start()
        try:
            if self._resume(dispatch, busy, raise_done):
                self._loop(dispatch, self._barrier.view(), busy, raise_done)
        finally:
            dispatch.shut_down()

    def _loop(self, dispatch: Dispatch[E], barrier: BarrierView, busy: CellView, raise_done: Callable[[], None]) -> None:
        """Claim, handle, finish; ends when it was told to stop, which also alerts the barrier."""
        work_view = self._share.work.view()
        work, claim, chunk = work_view.word, work_view.compare_and_set, self._share.chunk
        before_batch = dispatch.before_batch
        current, available = work[0], -1
        stopping = self._must_stop()
        while not stopping:
            try:
                if available <= current:
                    # Nobody must wait for a claim that was lost. Up to `work` all is published: the barrier may be asked.
                    rest(busy, raise_done)
                    available = barrier.wait_for(current + 1)
                else:
                    barrier.check_alert()
            except AlertError:
                rest(busy, raise_done)
                self._barrier.clear_alert()
                stopping = self._must_stop()
                continue
            if available <= current:
                dispatch.timed_out(current)
                continue
            last = current + chunk(available - current)
            busy.word[0] = current
            self._claimed = last  # noted first: who sees the claim in `work` sees whose it is
            if not claim(current, last):
                self._claimed = IDLE
            else:
                if before_batch is not None:
                    before_batch(current + 1, last, available)
                stopping = not self._finish(dispatch, busy, raise_done)
            # After a claim that was lost another worker has won one, so such turns are no more than the events.
            current = work[0]

    def _resume(self, dispatch: Dispatch[E], busy: CellView, raise_done: Callable[[], None]) -> bool:
        """Finish what an earlier run has left; whether the run may go on."""
        if self._claimed == IDLE:
            return True
        if dispatch.before_batch is not None:
            dispatch.before_batch(busy.word[0] + 1, self._claimed, self._claimed)
        return self._finish(dispatch, busy, raise_done)

    def _finish(self, dispatch: Dispatch[E], busy: CellView, raise_done: Callable[[], None]) -> bool:
        """Handle what is claimed; False if the worker was told to stop while a part of it was to be replayed."""
        first = busy.word[0] + 1
        while first <= self._claimed:
            first = dispatch.handle(first, self._claimed)
            if first <= self._claimed and self._must_stop():
                return False
        self._claimed = IDLE
        rest(busy, raise_done)
        return True


def rest(busy: CellView, raise_done: Callable[[], None]) -> None:
    """Have nothing claimed any more, and let that show."""
    if busy.word[0] != IDLE:
        busy.word[0] = IDLE
        raise_done()


def worker_hooks[E](handler: AnyHandler[E]) -> HandlerHooks[E]:
    """The methods of a handler that a worker can call.

    Raises:
        TypeError: it has none to handle events with, or is asynchronous.
    """
    hooks = HandlerHooks(handler)
    if hooks.is_asynchronous:
        raise TypeError(f"{handler!r} is asynchronous, and nobody would await it; give workers plain functions or objects")
    return hooks
