"""`BatchEventProcessor`: every event, in order, to one handler."""

from collections.abc import Callable
from typing import Final

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.errors import AlertError
from ringbuffer.memory import Word
from ringbuffer.processors.exceptions import ExceptionHandler, FatalExceptionHandler
from ringbuffer.processors.handlers import AnyHandler, HandlerHooks
from ringbuffer.processors.processor import EventProcessor
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
        name: of the thread; the default is the handler's.
        gating: whether producers wait for this processor, see `EventProcessor`.

    Raises:
        ValueError: `max_batch_size` is less than 1.
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
        name: str | None = None,
        gating: bool = True,
    ) -> None:
        if max_batch_size is not None and max_batch_size < 1:
            raise ValueError(f"max_batch_size must be 1 or more, or None, not {max_batch_size!r}")
        self._hooks: Final = HandlerHooks(handler)
        self._exception_handler: Final = FatalExceptionHandler() if exception_handler is None else exception_handler
        self._max_batch_size: Final = max_batch_size if max_batch_size is not None else ring.buffer_size
        super().__init__(ring, barrier, name=name or _name_of(handler), gating=gating)

    def _process(self) -> None:
        """One run: everything that its loop touches belongs to the thread that runs it."""
        strategy = self._ring.sequencer.wait_strategy
        run = _Run(
            barrier=self._barrier,
            own=self._sequence.view().word,
            slots=self._ring.slots.view(),
            hooks=self._hooks,
            exception_handler=self._exception_handler,
            max_batch_size=self._max_batch_size,
            signal=strategy.signal_all_when_blocking if strategy.is_blocking else None,
        )
        run.start()
        try:
            run.loop(self._must_stop)
        finally:
            run.shut_down()


class _Run[E]:
    """One run of a processor. Owning thread only."""

    __slots__ = (
        "_barrier",
        "_exception_handler",
        "_handle",
        "_hooks",
        "_last",
        "_mask",
        "_max_batch_size",
        "_own",
        "_signal",
        "_slots",
        "_view",
    )

    def __init__(
        self,
        *,
        barrier: SequenceBarrier,
        own: Word,
        slots: list[E],
        hooks: HandlerHooks[E],
        exception_handler: ExceptionHandler,
        max_batch_size: int,
        signal: Callable[[], None] | None,
    ) -> None:
        self._barrier: Final = barrier
        self._view: Final = barrier.view()
        self._own: Final = own
        self._slots: Final = slots
        self._mask: Final = len(slots) - 1
        self._hooks: Final = hooks
        self._handle: Final[Callable[..., object]] = hooks.on_event or hooks.on_batch or _unreachable
        self._exception_handler: Final = exception_handler
        self._max_batch_size: Final = max_batch_size
        self._signal: Final = signal
        self._last = own[0]

    def loop(self, must_stop: Callable[[], bool]) -> None:
        """Wait, handle, advance; ends when it was told to stop, which also alerts the barrier."""
        wait_for = self._view.wait_for
        handle = self._handle_each if self._hooks.on_event is not None else self._handle_batch
        before_batch = self._before_batch if self._hooks.on_batch_start or self._hooks.set_sequence_callback else None
        max_batch_size, own, signal = self._max_batch_size, self._own, self._signal
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
            handle(sequence, last)
            own[0] = last  # release: the slots have been read before a producer may fill them again
            if signal is not None:
                signal()
            sequence = last + 1

    def _handle_each(self, sequence: int, last: int) -> None:
        """Each event up to `last` to `on_event`; a failure to the exception handler, then on with the next event."""
        on_event, slots, mask = self._handle, self._slots, self._mask
        while sequence <= last:
            try:
                while sequence <= last:
                    on_event(slots[sequence & mask], sequence, sequence == last)
                    sequence += 1
            except BaseException as error:
                self._on_failure(error, sequence, sequence, slots[sequence & mask])
                sequence += 1

    def _handle_batch(self, sequence: int, last: int) -> None:
        """All events up to `last` to `on_batch`, in one list; a failure to the exception handler."""
        slots = self._slots
        start, stop = sequence & self._mask, (last & self._mask) + 1
        events = slots[start:stop] if start < stop else slots[start:] + slots[:stop]
        try:
            self._handle(events, sequence)
        except BaseException as error:
            self._on_failure(error, sequence, last, events)

    def _on_failure(self, error: BaseException, sequence: int, last: int, event: object) -> None:
        """What comes before `sequence` is finished; so is what comes up to `last`, if the exception handler returns."""
        self._advance(sequence - 1)
        if not isinstance(error, Exception):
            raise error
        self._exception_handler.handle_event_exception(error, sequence, event)
        self._advance(last)

    def _advance(self, sequence: int) -> None:
        """Move the processor's sequence forward to `sequence`, unless an early release has moved it further."""
        if self._own[0] < sequence:
            self._own[0] = sequence
            if self._signal is not None:
                self._signal()

    # -- hooks --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """`set_sequence_callback`, then `on_start`."""
        try:
            if self._hooks.set_sequence_callback is not None:
                self._hooks.set_sequence_callback(self._release)
            if self._hooks.on_start is not None:
                self._hooks.on_start()
        except Exception as error:
            self._exception_handler.handle_on_start_exception(error)

    def shut_down(self) -> None:
        """`on_shutdown`."""
        if self._hooks.on_shutdown is not None:
            try:
                self._hooks.on_shutdown()
            except Exception as error:
                self._exception_handler.handle_on_shutdown_exception(error)

    def _before_batch(self, sequence: int, last: int, available: int) -> None:
        """Note how far the batch goes, for early release, and call `on_batch_start`."""
        self._last = last
        if self._hooks.on_batch_start is not None:
            try:
                self._hooks.on_batch_start(last - sequence + 1, available - sequence + 1)
            except Exception as error:
                self._exception_handler.handle_event_exception(error, sequence, None)

    def _notify_timeout(self, sequence: int) -> None:
        """`on_timeout`; nothing is advanced."""
        if self._hooks.on_timeout is not None:
            try:
                self._hooks.on_timeout(sequence)
            except Exception as error:
                self._exception_handler.handle_event_exception(error, sequence, None)

    def _release(self, sequence: int) -> None:
        """See `EarlyRelease`."""
        released = self._own[0]
        if not released <= sequence <= self._last:
            raise ValueError(
                f"cannot release up to {sequence}: the batch goes up to {self._last}, and {released} is released already"
            )
        self._advance(sequence)


def _name_of(handler: object) -> str:
    """What to call a processor by default: its handler's name."""
    return str(getattr(handler, "__qualname__", type(handler).__qualname__))


def _unreachable(*arguments: object) -> None:
    raise AssertionError("HandlerHooks has made sure that there is a method to handle events with")
