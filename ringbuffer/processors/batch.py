"""`BatchEventProcessor`: every event, in order, to one handler.

The files that an event passes through:

    processor.py        a run: its thread, its states, its end
    batch.py            the main loop: wait, handle a batch, advance          <- this file
    dispatch.py         gives a batch to the handler, event by event or whole
    failure_policy.py   decides what an error of the handler means to the consumer
    failure.py          what an exception handler is asked about, and what it may answer
"""

from collections.abc import Callable
from typing import ClassVar, Final, Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import check_at_least_one
from ringbuffer.errors import AlertError
from ringbuffer.memory import Word
from ringbuffer.processors.dispatch import Dispatch
from ringbuffer.processors.exceptions import FatalExceptionHandler, check_exception_handler
from ringbuffer.processors.failure import ExceptionHandler
from ringbuffer.processors.handlers import AnyHandler, HandlerHooks, name_of, warn_of_on_error
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import RewindAlways, RewindStrategy, check_rewind_strategy
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class Waiting(Protocol):
    """What a run waits at: a `BarrierView`, or an object that runs an event loop meanwhile."""

    def wait_for(self, sequence: int) -> int:
        """See `BarrierView.wait_for`."""
        ...


class BatchEventProcessor[E](EventProcessor[E]):
    """Gives every event of a ring, in order, to one handler (LMAX, `BatchEventProcessor`).

    A batch is every event that is published when the processor looks. Its sequence advances when
    the batch is finished, or when the handler releases a part of it. Only what the *handler*
    raises goes to the exception handler. If that returns, the event counts as finished, and the
    processor continues with the next one.

    Args:
        ring: the ring to consume.
        barrier: the barrier to wait at; it belongs to this processor alone.
        handler: see `ringbuffer.processors.handlers`.
        exception_handler: decides about the handler's errors; the default stops the processor at
            the first.
        max_batch_size: the most events in one batch; None sets no limit.
        rewind: decides about batches whose handler raised `RewindBatch`; the default always
            replays them at once.
        name: the name of the thread; the default is the handler's.
        cpu: the processor core that the thread is bound to, see `EventProcessor`.
        gating: whether producers wait for this processor, see `EventProcessor`.
        sequence: the sequence to advance, if it exists already, see `EventProcessor`.

    Attributes:
        exception_handler: may be replaced at any time; the next error goes to the new one.
        rewind_strategy: may be replaced at any time.

    Raises:
        ValueError: `max_batch_size` is less than 1, or there is no such `cpu`.
        TypeError: the handler, the exception handler or the strategy lacks a required method.
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
        limit = check_at_least_one("max_batch_size", max_batch_size)
        self._hooks: Final = HandlerHooks(handler)
        if self._hooks.is_asynchronous and not self.AWAITS:
            raise TypeError(f"{handler!r} is asynchronous; use AsyncEventProcessor for it")
        warn_of_on_error(handler)
        if exception_handler is None:
            exception_handler = FatalExceptionHandler()
        self.exception_handler: ExceptionHandler = check_exception_handler(exception_handler)
        rewind = RewindAlways() if rewind is None else rewind
        self.rewind_strategy: RewindStrategy = check_rewind_strategy(rewind)
        self._max_batch_size: Final = limit if limit is not None else ring.buffer_size
        super().__init__(
            ring, barrier, name=name or name_of(handler), cpu=cpu, gating=gating, sequence=sequence
        )

    def _process(self) -> None:
        self._consume(self._hooks, self._barrier.view())

    def _consume(self, hooks: HandlerHooks[E], barrier: Waiting) -> None:
        """Run from `on_start` to `on_shutdown`.

        Everything that the main loop touches belongs to the thread that runs it.
        """
        own, advanced = self._sequence.view().word, self._ring.on_advance()
        dispatch = Dispatch(self, hooks, self._ring.reader(), own, advanced)
        dispatch.start()
        try:
            self._process_events(dispatch, barrier, own, advanced)
        finally:
            dispatch.shut_down()

    # HOT: each iteration handles a batch, so all that the loop needs is in local variables.
    def _process_events(
        self,
        dispatch: Dispatch[E],
        barrier: Waiting,
        own: Word,
        advanced: Callable[[], None] | None,
    ) -> None:
        """The main loop (LMAX, `processEvents`): wait, handle a batch, advance.

        Terminates because a halt changes the state and then alerts the barrier.
        """
        wait_for, handle, before_batch = barrier.wait_for, dispatch.handle, dispatch.before_batch
        max_batch_size = self._max_batch_size
        sequence = own[0] + 1
        stopping = self._must_stop()
        while not stopping:
            try:
                available = wait_for(sequence)
            except AlertError:
                # Clear the alert first, then load the state. A halt of this run, or of an earlier
                # one, changes the state before it alerts the barrier, so this load finds it. Any
                # other alert is over.
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
                own[0] = last  # release: the slots have been read before a producer fills them
                if advanced is not None:
                    advanced()
