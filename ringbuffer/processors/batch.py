"""`BatchEventProcessor`: every event, in order, to one handler."""

from collections.abc import Callable
from typing import Final

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.errors import AlertError
from ringbuffer.memory import Word
from ringbuffer.processors.dispatch import Dispatch
from ringbuffer.processors.exceptions import ExceptionHandler, FatalExceptionHandler
from ringbuffer.processors.handlers import AnyHandler, HandlerHooks, name_of
from ringbuffer.processors.processor import EventProcessor
from ringbuffer.processors.rewind import RewindAlways, RewindStrategy
from ringbuffer.ring_buffer import RingBuffer


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

    Attributes:
        exception_handler: may be replaced at any time; the next error goes to the new one.
        rewind_strategy: may be replaced at any time.

    Raises:
        ValueError: `max_batch_size` is less than 1, or there is no such `cpu`.
        TypeError: the handler has no method to handle events with.
    """

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
    ) -> None:
        if max_batch_size is not None and max_batch_size < 1:
            raise ValueError(f"max_batch_size must be 1 or more, or None, not {max_batch_size!r}")
        self._hooks: Final = HandlerHooks(handler)
        self.exception_handler: ExceptionHandler = FatalExceptionHandler() if exception_handler is None else exception_handler
        self.rewind_strategy: RewindStrategy = RewindAlways() if rewind is None else rewind
        self._max_batch_size: Final = max_batch_size if max_batch_size is not None else ring.buffer_size
        super().__init__(ring, barrier, name=name or name_of(handler), cpu=cpu, gating=gating)

    def _process(self) -> None:
        """One run: everything that its loop touches belongs to the thread that runs it."""
        own, advanced = self._sequence.view().word, self._ring.on_advance()
        dispatch = Dispatch(self, self._hooks, self._ring.reader(), own, advanced)
        run = _Run(self, self._barrier, own, advanced, dispatch, self._hooks, self._max_batch_size)
        run.start()
        try:
            run.loop(self._must_stop)
        finally:
            run.shut_down()


class _Run[E]:
    """One run of a processor. Owning thread only."""

    __slots__ = ("_advanced", "_barrier", "_dispatch", "_hooks", "_max_batch_size", "_own", "_processor", "_view")

    def __init__(
        self,
        processor: BatchEventProcessor[E],
        barrier: SequenceBarrier,
        own: Word,
        advanced: Callable[[], None] | None,
        dispatch: Dispatch[E],
        hooks: HandlerHooks[E],
        max_batch_size: int,
    ) -> None:
        self._processor: Final = processor
        self._barrier: Final = barrier
        self._view: Final = barrier.view()
        self._own: Final = own
        self._advanced: Final = advanced
        self._dispatch: Final = dispatch
        self._hooks: Final = hooks
        self._max_batch_size: Final = max_batch_size

    def loop(self, must_stop: Callable[[], bool]) -> None:
        """Wait, handle, advance; ends when it was told to stop, which also alerts the barrier."""
        wait_for = self._view.wait_for
        handle = self._dispatch.handle
        before_batch = self._before_batch if self._hooks.on_batch_start or self._hooks.set_sequence_callback else None
        max_batch_size, own, advanced = self._max_batch_size, self._own, self._advanced
        sequence = own[0] + 1
        stopping = must_stop()
        while not stopping:
            try:
                available = wait_for(sequence)
            except AlertError:
                # Cleared first, looked at afterwards: the halt whose alert this was, now or in an earlier run, changed the
                # state before. An alert that belongs to no halt is over.
                self._barrier.clear_alert()
                stopping = must_stop()
                continue
            if available < sequence:
                self._notify_timeout(sequence - 1)
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

    # -- hooks --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """`set_sequence_callback`, then `on_start`."""
        try:
            if self._hooks.set_sequence_callback is not None:
                self._hooks.set_sequence_callback(self._dispatch.release)
            if self._hooks.on_start is not None:
                self._hooks.on_start()
        except Exception as error:
            self._processor.exception_handler.handle_on_start_exception(error)

    def shut_down(self) -> None:
        """`on_shutdown`."""
        if self._hooks.on_shutdown is not None:
            try:
                self._hooks.on_shutdown()
            except Exception as error:
                self._processor.exception_handler.handle_on_shutdown_exception(error)

    def _before_batch(self, sequence: int, last: int, available: int) -> None:
        """Note how far the batch goes, for early release, and call `on_batch_start`."""
        self._dispatch.last = last
        if self._hooks.on_batch_start is not None:
            try:
                self._hooks.on_batch_start(last - sequence + 1, available - sequence + 1)
            except Exception as error:
                self._processor.exception_handler.handle_event_exception(error, sequence, None)

    def _notify_timeout(self, sequence: int) -> None:
        """`on_timeout`; nothing is advanced."""
        if self._hooks.on_timeout is not None:
            try:
                self._hooks.on_timeout(sequence)
            except Exception as error:
                self._processor.exception_handler.handle_event_exception(error, sequence, None)
