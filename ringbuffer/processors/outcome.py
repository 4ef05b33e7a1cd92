"""`Outcome`: what a handler's errors mean to its consumer, and how far the consumer has finished."""

from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.memory import Word
from ringbuffer.processors.exceptions import ExceptionHandler
from ringbuffer.processors.rewind import RewindBatch, RewindStrategy

#: Where no batch begins: nothing is to be replayed.
NOWHERE: Final = -1


class Handling(Protocol):
    """What an outcome needs to know of the processor it works for."""

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


class Outcome:
    """Of the batches of one run. Owning thread only.

    Args:
        consumer: the processor.
        on_rewind: of its handler, if it has that.
        own: the consumer's sequence.
        advanced: to be called after `own` was stored, if anything.
    """

    __slots__ = ("_advanced", "_attempts", "_consumer", "_on_rewind", "_own", "_replay")

    def __init__(
        self,
        consumer: Handling,
        on_rewind: Callable[[int], object] | None,
        own: Word,
        advanced: Callable[[], None] | None,
    ) -> None:
        self._consumer: Final = consumer
        self._on_rewind: Final = on_rewind
        self._own: Final = own
        self._advanced: Final = advanced
        self._attempts = 0
        #: Where the batch begins that is replayed. Batches begin later and later, so what begins there is that batch.
        self._replay = NOWHERE

    def rewind(self, error: BaseException, first: int) -> int | None:
        """Where to go on if `error` asks for the batch from `first` again and gets it, after a pause if the strategy wants one.

        None where the error is one like any other. What the handler has released early is not replayed.
        """
        if not isinstance(error, RewindBatch):
            return None
        self._attempts = self._attempts + 1 if first == self._replay else 1
        self._replay = NOWHERE
        unfinished, pause = self._own[0] + 1, 0.0
        try:
            wanted = self._consumer.rewind_strategy.pause_before(self._attempts)
            if wanted is None:
                return None
            pause = wanted
            if self._on_rewind is not None:
                self._on_rewind(unfinished)
        except Exception as other:
            self._consumer.exception_handler.handle_event_exception(other, unfinished, None)
        if pause:
            self._consumer.pause(pause)
        self._replay = self._own[0] + 1
        return self._replay

    def failed(self, error: BaseException, sequence: int, last: int, event: object) -> None:
        """What comes before `sequence` is finished; so is what comes up to `last`, if the exception handler returns."""
        self.advance(sequence - 1)
        if not isinstance(error, Exception):
            raise error
        self._consumer.exception_handler.handle_event_exception(error, sequence, event)
        self.advance(last)

    def advance(self, sequence: int) -> None:
        """Move the consumer's sequence forward to `sequence`, unless an early release has moved it further."""
        if self._own[0] < sequence:
            self._own[0] = sequence
            if self._advanced is not None:
                self._advanced()
