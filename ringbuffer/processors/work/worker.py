"""`Worker`: claims some of a pool's events, handles them, claims more."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ringbuffer.barrier import BarrierView
from ringbuffer.errors import AlertError
from ringbuffer.memory import CellView
from ringbuffer.processors.dispatch import Dispatch
from ringbuffer.processors.exceptions import check_exception_handler
from ringbuffer.processors.failure import ExceptionHandler
from ringbuffer.processors.handlers import AnyHandler, HandlerHooks, warn_of_on_error
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import RewindStrategy, check_rewind_strategy
from ringbuffer.processors.work.share import IDLE, WorkShare
from ringbuffer.sequence import Sequence

if TYPE_CHECKING:
    from ringbuffer.processors.work.pool import WorkerPool


class Worker[E](EventProcessor[E]):
    """One of the workers of a pool; `WorkerPool.add` makes it. It is a processor like any other.

    A worker that is halted finishes its claim. If it dies, or is halted while a batch is to be
    replayed, it keeps the rest of its claim. When it is started again, it handles that first.

    Attributes:
        pool: the pool that it belongs to.
        handler: the handler that gets its events.
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
        warn_of_on_error(handler)
        self.pool: Final = pool
        self._share: Final = share
        self.handler: Final = handler
        self.exception_handler = check_exception_handler(exception_handler)
        self.rewind_strategy = check_rewind_strategy(rewind)
        self._claimed = IDLE
        busy = Sequence(IDLE, memory=share.ring.memory)
        barrier = share.ring.new_barrier(*share.dependents)
        super().__init__(share.ring, barrier, name=name, cpu=cpu, sequence=busy)
        busy.driver, busy.is_driven = f"worker {name!r}, whose pool gates the ring", True

    @property
    def unfinished(self) -> range:
        """The sequences that it has claimed and not finished; empty without a claim."""
        busy, claimed = self._sequence.get(), self._claimed
        return range(0) if IDLE in (busy, claimed) else range(busy + 1, claimed + 1)

    def _process(self) -> None:
        """Run from `on_start` to `on_shutdown`; the thread owns all that the loop touches."""
        raise_done = self._share.done_raiser()
        busy = self._sequence.view()
        dispatch = Dispatch(self, self._hooks, self._ring.reader(), busy.word, raise_done)
        dispatch.start()
        try:
            if self._resume(dispatch, busy, raise_done):
                self._claim_events(dispatch, self._barrier.view(), busy, raise_done)
        finally:
            dispatch.shut_down()

    def _tell(self) -> None:
        """Advance `done`, unless a handler's error ended the run: it did not advance."""
        if isinstance(self._failure, MemoryError) or not isinstance(self._failure, Exception):
            if self._claimed == IDLE:
                self._sequence.set(IDLE)
            self._share.done_raiser()()
            super()._tell()

    # HOT: each iteration claims a chunk of events, so the loop uses local variables.
    def _claim_events(
        self,
        dispatch: Dispatch[E],
        barrier: BarrierView,
        busy: CellView,
        raise_done: Callable[[], None],
    ) -> None:
        """The main loop: claim, handle, finish.

        Terminates because a halt changes the state and then alerts the barrier. An iteration that
        loses a claim means that another worker has won one, so no more claims are lost than there
        are events.
        """
        work_view = self._share.work.view()
        work, claim, chunk = work_view.word, work_view.compare_and_set, self._share.chunk
        before_batch = dispatch.before_batch
        current, available = work[0], -1
        stopping = self._must_stop()
        while not stopping:
            try:
                if available <= current:
                    # Give up a lost claim before waiting, because no stage may wait for it. Every
                    # event up to `work` is published, as `wait_for` requires.
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
            has_won = False
            try:
                busy.word[0] = current
                self._claimed = last  # before the claim: a reader that sees `work` moved sees this
                if not claim(current, last):
                    self._claimed = IDLE
                else:
                    has_won = True
                    if before_batch is not None:
                        before_batch(current + 1, last, available)
                    stopping = not self._finish(dispatch, busy, raise_done)
            except BaseException:
                if not has_won and self._claimed == last and not work_view.has_set(current, last):
                    self._claimed = IDLE  # an interrupt before the claim, or after its loss
                raise
            current = work[0]

    def _resume(
        self, dispatch: Dispatch[E], busy: CellView, raise_done: Callable[[], None]
    ) -> bool:
        """Finish the claim that an earlier run has left; return whether the run may continue."""
        if self._claimed == IDLE:
            return True
        if dispatch.before_batch is not None:
            dispatch.before_batch(busy.word[0] + 1, self._claimed, self._claimed)
        return self._finish(dispatch, busy, raise_done)

    # HOT: called once a claim.
    def _finish(
        self, dispatch: Dispatch[E], busy: CellView, raise_done: Callable[[], None]
    ) -> bool:
        """Handle the claim; False if a halt came before a replay of a part of it.

        Terminates because each iteration finishes events, or replays some: then a halt ends it.
        """
        first = busy.word[0] + 1
        while first <= self._claimed:
            first = dispatch.handle(first, self._claimed)
            if first <= self._claimed and self._must_stop():
                return False
        self._claimed = IDLE
        rest(busy, raise_done)
        return True


def rest(busy: CellView, raise_done: Callable[[], None]) -> None:
    """Give up a claim that is finished or was lost, and let `done` pass it."""
    if busy.word[0] != IDLE:
        busy.word[0] = IDLE
        raise_done()


def worker_hooks[E](handler: AnyHandler[E]) -> HandlerHooks[E]:
    """The methods of a handler that a worker can call.

    Raises:
        TypeError: it has no method for events, or is asynchronous.
    """
    hooks = HandlerHooks(handler)
    if hooks.is_asynchronous:
        raise TypeError(f"{handler!r} is asynchronous; give workers plain functions or objects")
    return hooks
