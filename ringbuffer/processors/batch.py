"""`BatchEventProcessor`: every event, in order, to one handler."""

from collections.abc import Callable
from typing import ClassVar, Final, Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import check_at_least_one
from ringbuffer.errors import AlertError
from ringbuffer.memory import Word
from ringbuffer.processors.dispatch import Dispatch
from ringbuffer.processors.exceptions import ExceptionHandler, FatalExceptionHandler, check_exception_handler
from ringbuffer.processors.handlers import AnyHandler, HandlerHooks, name_of
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import RewindAlways, RewindStrategy, check_rewind_strategy
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class Waiting(Protocol):
    """What a run waits at: a `BarrierView`, or something that keeps an event loop going meanwhile."""

    def wait_for(self, sequence: int) -> int:
        """See `BarrierView.wait_for`."""
        ...


class BatchEventProcessor[E](EventProcessor[E]):
    """Gives every event of a ring, in order, to one handler (LMAX Disruptor, `BatchEventProcessor`).

    Whatever has been published by the time the processor looks is one batch; its sequence advances when the batch is done,
    or when the handler releases a part of it. Only what the *handler* raises goes to the exception handler; if that
    returns, the event counts as finished and the next one follows.

    Args:
        ring: what to consume.
        barrier: what to wait at; of this processor alone.
        handler: see `ringbuffer.processors.handlers`.
        exception_handler: decides about the handler's errors; the default stops the processor at the first.
        max_batch_size: the most events in one batch; None sets no limit.
        rewind: decides about batches whose handler raised `RewindBatch`; the default replays them at once, always.
        name: of the thread; the default is the handler's.
        cpu: the processor core that the thread is bound to, see `EventProcessor`.
        gating: whether producers wait for this processor, see `EventProcessor`.
        sequence: what it advances, if it is made already, see `EventProcessor`.

    Attributes:
        exception_handler: may be replaced at any time; the next error goes to the new one.
        rewind_strategy: may be replaced at any time.

    Raises:
        ValueError: `max_batch_size` is less than 1, or there is no such `cpu`.
        TypeError: the handler, the exception handler or the strategy is none.
    """

    #: Whether it awaits what the handler returns.
    AWAITS: ClassVar = False

    def __init__(
        self,
        ring: RingBuffer[E],
        barrier: SequenceBarrier,
        handler: AnyHandler[E],
        *,
        exception_handler: ExceptionHandler | None = None,
        max_batch_size: int | None = None,
        rewind: RewindStrategy | None = None,
        name: str | None = None,
        cpu: int | None = None,
        gating: bool = True,
        sequence: Sequence | None = None,
    ) -> None:
        check_at_least_one("max_batch_size", max_batch_size)
        self._hooks: Final = HandlerHooks(handler)
        if self._hooks.is_asynchronous and not self.AWAITS:
            raise TypeError(f"{handler!r} is asynchronous, and nobody would await it; use AsyncEventProcessor")
        if exception_handler is None:
            exception_handler = FatalExceptionHandler()
        self.exception_handler: ExceptionHandler = check_exception_handler(exception_handler)
        self.rewind_strategy: RewindStrategy = check_rewind_strategy(RewindAlways() if rewind is None else rewind)
        self._max_batch_size: Final = max_batch_size if max_batch_size is not None else ring.buffer_size
        super().__init__(ring, barrier, name=name or name_of(handler), cpu=cpu, gating=gating, sequence=sequence)

    def _process(self) -> None:
        self._consume(self._hooks, self._barrier.view())

    def _consume(self, hooks: HandlerHooks[E], barrier: Waiting) -> None:
        """One run, from hook to hook: everything that its loop touches belongs to the thread that runs it."""
        own, advanced = self._sequence.view().word, self._ring.on_advance()
        dispatch = Dispatch(self, hooks, self._ring.reader(), own, advanced)
        dispatch.start()
        try:
            self._loop(dispatch, barrier, own, advanced)
        finally:
            dispatch.shut_down()

    def _loop(self, dispatch: Dispatch[E], barrier: Waiting, own: Word, advanced: Callable[[], None] | None) -> None:
        """Wait, handle, advance; ends when it was told to stop, which also alerts the barrier."""
        wait_for, handle, before_batch = barrier.wait_for, dispatch.handle, dispatch.before_batch
        max_batch_size = self._max_batch_size
        sequence = own[0] + 1
        stopping = self._must_stop()
        while not stopping:
            try:
                available = wait_for(sequence)
            except AlertError:
                # Cleared first, looked at afterwards: the halt whose alert this was, now or in an earlier run, changed the
                # state before. An alert that belongs to no halt is over.
                self._barrier.clear_alert()
                stopping = self._must_stop()
                continue
            if available < sequence:
                dispatch.timed_out(sequence - 1)
                continue
            last = sequence + max_batch_size - 1
            if last > available:
                last = available
            if before_batch is not None:
                before_batch(sequence, last, available)
            sequence = handle(sequence, last)
            if sequence > last:
                own[0] = last  # release: the slots have been read before a producer may fill them again
                if advanced is not None:
                    advanced()
