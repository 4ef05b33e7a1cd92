"""`Dispatch`: how one run of a processor calls its handler, and what the handler's errors mean."""

import inspect
from collections.abc import Callable
from typing import Any, Final, Protocol

from ringbuffer.memory import Word
from ringbuffer.processors.exceptions import ExceptionHandler
from ringbuffer.processors.handlers import HandlerHooks
from ringbuffer.processors.rewind import RewindBatch, RewindStrategy
from ringbuffer.readers import SlotReader


class Handling(Protocol):
    """What a dispatch needs to know of the processor it works for."""

    @property
    def exception_handler(self) -> ExceptionHandler:
        """Who decides about the handler's errors, now."""
        ...

    @property
    def rewind_strategy(self) -> RewindStrategy:
        """Who decides about batches that are to be replayed, now."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait; a halt ends it."""
        ...


class Dispatch[E]:
    """Calls one handler, during one run. Owning thread only.

    Args:
        consumer: the processor.
        hooks: the methods of its handler.
        reader: the thread's own access to the slots.
        own: the consumer's sequence.
        advanced: to be called after `own` was stored, if anything.
    """

    __slots__ = ("_advanced", "_attempts", "_consumer", "_handle", "_hooks", "_last", "_own", "_reader")

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
        self._handle: Callable[..., object] = self._handle_first
        self._reader: Final = reader
        self._own: Final = own
        self._advanced: Final = advanced
        self._attempts = 0
        #: The last sequence of the batch that is being handled, for early release.
        self._last = own[0]

    @property
    def handle(self) -> Callable[[int, int], int]:
        """`handle(first, last)` gives a batch to the handler; it returns where to go on: before `last + 1` to replay it."""
        return self._each if self._hooks.on_event is not None else self._batch

    def _handle_first(self, *arguments: Any) -> object:
        """The handler, once: a lambda around a coroutine function does not look asynchronous until it is called."""
        handle = self._hooks.on_event or self._hooks.on_batch
        assert handle is not None, "HandlerHooks has made sure"
        result = handle(*arguments)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(
                f"the handler returned a coroutine, which nobody awaits: {result!r}. Wire the coroutine function itself"
            )
        self._handle = handle
        return result

    # -- the two ways -------------------------------------------------------------------------------------------

    def _each(self, sequence: int, last: int) -> int:
        """Each event up to `last` to `on_event`; a failure to the exception handler, then on with the next event."""
        reader, on_event = self._reader, self._handle
        if reader.skips(last):
            return self._each_in_pieces(sequence, last)
        events = iter(reader.read(sequence, last))
        event: object = None
        while sequence <= last:
            try:
                for event in events:
                    on_event(event, sequence, sequence == last)
                    sequence += 1
            except BaseException as error:
                if self._rewinds(error, last):
                    return self._own[0] + 1
                self._failed(error, sequence, sequence, event)
                sequence += 1
        self._attempts = 0
        return sequence

    def _each_in_pieces(self, first: int, last: int) -> int:
        """As `_each`, for a batch with skipped sequences in it; the last event shown is the end of the batch."""
        pieces = self._reader.pieces(first, last)
        end = pieces[-1][1] if pieces else first - 1
        for low, high in pieces:
            for sequence, event in enumerate(self._reader.read(low, high), low):
                try:
                    self._handle(event, sequence, sequence == end)
                except BaseException as error:
                    if self._rewinds(error, last):
                        return self._own[0] + 1
                    self._failed(error, sequence, sequence, event)
        self._attempts = 0
        return last + 1

    def _batch(self, first: int, last: int) -> int:
        """All events up to `last` to `on_batch`, in one list for each piece without skipped sequences.

        Each piece is a batch to the handler: one that it has handled is finished, and is not replayed with a later one.
        """
        for low, high in self._reader.shown(first, last):
            events = self._reader.read(low, high)
            try:
                self._handle(events, low)
            except BaseException as error:
                if self._rewinds(error, last):
                    return self._own[0] + 1
                self._failed(error, low, high, events)
            else:
                if high < last:
                    self._advance(high)
        self._attempts = 0
        return last + 1

    # -- errors -------------------------------------------------------------------------------------------------

    def _rewinds(self, error: BaseException, last: int) -> bool:
        """Whether `error` asks for the batch again, and gets it; after the pause that the strategy wants."""
        if not isinstance(error, RewindBatch):
            return False
        self._attempts += 1
        first, pause = self._own[0] + 1, 0.0
        try:
            wanted = self._consumer.rewind_strategy.pause_before(self._attempts)
            if wanted is None:
                self._attempts = 0
                return False
            pause = wanted
            if self._hooks.on_rewind is not None:
                self._hooks.on_rewind(first)
        except Exception as other:
            self._consumer.exception_handler.handle_event_exception(other, first, None)
        if pause:
            self._consumer.pause(pause)
        return True

    def _failed(self, error: BaseException, sequence: int, last: int, event: object) -> None:
        """What comes before `sequence` is finished; so is what comes up to `last`, if the exception handler returns."""
        self._advance(sequence - 1)
        if not isinstance(error, Exception):
            raise error
        self._consumer.exception_handler.handle_event_exception(error, sequence, event)
        self._advance(last)

    def _advance(self, sequence: int) -> None:
        """Move the consumer's sequence forward to `sequence`, unless an early release has moved it further."""
        if self._own[0] < sequence:
            self._own[0] = sequence
            if self._advanced is not None:
                self._advanced()

    # -- hooks --------------------------------------------------------------------------------------------------

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
        self._advance(sequence)
