"""`FailurePolicy`: decides what a handler's error means to its consumer, and advances it.

The policy knows three answers to an error: the consumer dies, the batch is replayed, or the events
count as finished. The user's exception handler and rewind strategy choose between them.
"""

import inspect
from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.checks import check_duration
from ringbuffer.memory import Word
from ringbuffer.processors.failure import (
    BatchFailed,
    ExceptionHandler,
    Failure,
    FailureAction,
    about,
)
from ringbuffer.processors.rewind import RewindBatch, RewindStrategy

#: No batch begins at this sequence, so there is nothing to replay.
NOWHERE: Final = -1

#: `handle(first, last)` gives a batch to the handler and returns the sequence to continue at:
#: `last + 1`, or the sequence to replay the batch from.
type Handle = Callable[[int, int], int]

#: Differs from every count of skipped ranges, so the first batch looks at the ranges.
NOT_LOOKED: Final = -1


class FailureContext(Protocol):
    """What a failure policy needs of the processor that it works for."""

    @property
    def name(self) -> str:
        """The name of the processor."""
        ...

    @property
    def exception_handler(self) -> ExceptionHandler:
        """Decides about the handler's errors; may have been replaced since the last call."""
        ...

    @property
    def rewind_strategy(self) -> RewindStrategy:
        """Decides about batches to replay; may have been replaced since the last call."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait; a halt ends the wait."""
        ...


class FailurePolicy:
    """Decides about the failures of one run. Owning thread only.

    Args:
        consumer: the processor.
        on_rewind: the handler's method, or None.
        own: the consumer's sequence.
        advanced: the function to call after each store to `own`, or None.
        skip: notes a range that later stages pass over, see `SkippedSequences.add`.
    """

    __slots__ = (
        "_advanced",
        "_attempts",
        "_consumer",
        "_name",
        "_on_rewind",
        "_own",
        "_replay",
        "_skip",
    )

    def __init__(
        self,
        consumer: FailureContext,
        on_rewind: Callable[[int], object] | None,
        own: Word,
        advanced: Callable[[], None] | None,
        skip: Callable[[int, int], None],
    ) -> None:
        self._consumer: Final = consumer
        self._name: Final = consumer.name
        self._on_rewind: Final = on_rewind
        self._own: Final = own
        self._advanced: Final = advanced
        self._skip: Final = skip
        self._attempts = 0
        #: The first sequence of the batch to replay. Sequences of batches only grow, so the batch
        #: that begins here is the replayed one.
        self._replay = NOWHERE

    def resolve(self, error: BaseException, first: int, sequence: int, event: object) -> int | None:
        """Decide about an error of `on_event` at `sequence`, in the batch that begins at `first`.

        Returns:
            The sequence to replay the batch from; or None if the event counts as finished.

        Raises:
            BaseException: the consumer dies.
        """
        replay = self.rewind(error, first)
        if replay is None:
            self.failed(error, sequence, sequence, event)
        return replay

    def resolve_batch[E](
        self,
        error: BaseException,
        first: int,
        low: int,
        events: list[E],
        on_batch: Callable[[list[E], int], object],
    ) -> int | None:
        """Decide about an error of `on_batch` with `events`, whose first sequence is `low`.

        They are the batch that begins at `first`, or a piece of it. After `BatchFailed` the events
        behind the failed one are given to `on_batch` again.

        Returns:
            The sequence to replay the batch from; or None if all of `events` count as finished.

        Raises:
            BaseException: the consumer dies.
        """
        last = low + len(events) - 1
        # Terminates because each iteration but the last finishes at least one event of the list.
        while True:
            replay = self.rewind(error, first)
            if replay is not None:
                return replay
            if not isinstance(error, BatchFailed) or error.index >= len(events):
                self.failed(error, low, last, events, "on_batch")
                return None
            at = low + error.index
            self.failed(error.reason, at, at, events[error.index], "on_batch")
            events, low = events[error.index + 1 :], at + 1
            if at == last:
                return None
            try:
                on_batch(events, low)
            except BaseException as another:
                error = another
            else:
                self.advance(last)
                return None

    def rewind(self, error: BaseException, first: int) -> int | None:
        """Replay the batch that begins at `first`, if `error` and the rewind strategy ask for it.

        Waits for the pause that the strategy asks for. Events that the handler released early are
        not replayed.

        Returns:
            The sequence to replay from; or None if the exception handler has to decide.
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
            if wanted:  # a user's strategy may return anything
                pause = check_duration("the pause of the rewind strategy", wanted)
            if self._on_rewind is not None:
                self._on_rewind(unfinished)
        except Exception as other:
            self.ask(other, "on_rewind", unfinished, unfinished, None)
        if pause:
            self._consumer.pause(pause)
        self._replay = self._own[0] + 1
        return self._replay

    def failed(
        self, error: BaseException, sequence: int, last: int, event: object, hook: str = "on_event"
    ) -> None:
        """Finish the events before `sequence`; then those up to `last`, unless the consumer dies.

        If later stages are to skip the events, this method first notes the range, which raises the
        count of ranges by a read-modify-write. Only then does it store the consumer's sequence. So
        a later stage that this sequence lets through finds the count raised. Events that were
        released early are not noted, because later stages may have passed them already.

        Raises:
            BaseException: `error` is not an `Exception`, or the exception handler raised.
        """
        self.advance(sequence - 1)
        if not isinstance(error, Exception):
            raise error
        if self.ask(error, hook, sequence, last, event) is FailureAction.SKIP:
            unreleased = max(sequence, self._own[0] + 1)
            if unreleased <= last:
                self._skip(unreleased, last)
        self.advance(last)

    def ask(
        self, error: Exception, hook: str, first: int, last: int, event: object
    ) -> FailureAction | None:
        """Ask the exception handler about a hook that failed; return its answer."""
        with about(Failure(self._name, hook, first, last)):
            return self._consumer.exception_handler.handle_event_exception(error, first, event)

    def advance(self, sequence: int) -> None:
        """Advance the consumer to `sequence`, unless an early release has advanced it further."""
        if self._own[0] < sequence:
            self._own[0] = sequence  # release: the handler has finished with the slots
            if self._advanced is not None:
                self._advanced()


def check_has_run(result: object) -> None:
    """Raise `TypeError` if a handler has returned a coroutine instead of running.

    A lambda around a coroutine function looks like a plain function until it is called.
    """
    if inspect.iscoroutine(result):
        result.close()
        what = f"a coroutine, which is never awaited: {result!r}"
        raise TypeError(f"the handler returned {what}. Wire the coroutine function itself")
