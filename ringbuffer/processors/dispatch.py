"""`Dispatch`: how one run of a processor calls its handler."""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory import Word
from ringbuffer.processors.calls import Handle, each_event, whole_batches
from ringbuffer.processors.handlers import HandlerHooks
from ringbuffer.processors.outcome import Handling, Outcome
from ringbuffer.readers import SlotReader


class Dispatch[E]:
    """Calls one handler, during one run. Owning thread only.

    Args:
        consumer: the processor.
        hooks: the methods of its handler.
        reader: the thread's own access to the slots.
        own: the consumer's sequence.
        advanced: to be called after `own` was stored, if anything.

    Attributes:
        handle: `handle(first, last)` gives a batch to the handler, see `ringbuffer.processors.calls`.
    """

    __slots__ = ("_consumer", "_hooks", "_last", "_outcome", "_own", "handle")

    def __init__(
        self,
        consumer: Handling,
        hooks: HandlerHooks[E],
        reader: SlotReader[E],
        own: Word,
        advanced: Callable[[], None] | None,
    ) -> None:
        self._consumer: Final = consumer
        self._hooks: Final = hooks
        self._own: Final = own
        self._outcome: Final = Outcome(consumer, hooks.on_rewind, own, advanced)
        #: The last sequence of the batch that is being handled, for early release.
        self._last = own[0]
        self.handle: Final[Handle] = self._handle_of(reader)

    def _handle_of(self, reader: SlotReader[E]) -> Handle:
        if self._hooks.on_event is not None:
            return each_event(self._hooks.on_event, reader, self._outcome)
        assert self._hooks.on_batch is not None, "HandlerHooks has made sure"
        return whole_batches(self._hooks.on_batch, reader, self._outcome)

    def start(self) -> None:
        """`set_sequence_callback`, then `on_start`."""
        try:
            if self._hooks.set_sequence_callback is not None:
                self._hooks.set_sequence_callback(self._release)
            if self._hooks.on_start is not None:
                self._hooks.on_start()
        except Exception as error:
            self._consumer.exception_handler.handle_on_start_exception(error)

    def shut_down(self) -> None:
        """`on_shutdown`."""
        if self._hooks.on_shutdown is not None:
            try:
                self._hooks.on_shutdown()
            except Exception as error:
                self._consumer.exception_handler.handle_on_shutdown_exception(error)

    @property
    def before_batch(self) -> Callable[[int, int, int], None] | None:
        """`before_batch(first, last, available)`: what the handler wants to know before each batch; None if nothing."""
        return self._before_batch if self._hooks.on_batch_start or self._hooks.set_sequence_callback else None

    def _before_batch(self, first: int, last: int, available: int) -> None:
        """Note how far the batch goes, for early release, and call `on_batch_start`."""
        self._last = last
        if self._hooks.on_batch_start is not None:
            try:
                self._hooks.on_batch_start(last - first + 1, available - first + 1)
            except Exception as error:
                self._consumer.exception_handler.handle_event_exception(error, first, None)

    def timed_out(self, sequence: int) -> None:
        """`on_timeout`; nothing is advanced."""
        if self._hooks.on_timeout is not None:
            try:
                self._hooks.on_timeout(sequence)
            except Exception as error:
                self._consumer.exception_handler.handle_event_exception(error, sequence, None)

    def _release(self, sequence: int) -> None:
        """See `EarlyRelease`."""
        released = self._own[0]
        if not isinstance(sequence, int):
            raise TypeError(f"what to release up to must be a sequence, an integer, not {sequence!r}")
        if not released <= sequence <= self._last:
            raise ValueError(
                f"cannot release up to {sequence}: the batch goes up to {self._last}, and {released} is released already"
            )
        self._outcome.advance(sequence)
