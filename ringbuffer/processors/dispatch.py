"""`Dispatch`: gives batches to one handler, event by event or whole, and calls its other hooks.

A consumer that keeps up gets many batches of one event, so the cost of a batch counts. The two
functions that deliver a batch are therefore closures, made once for a run over that run's own
slots and words. As long as nothing fails and nothing is skipped, they load no attribute.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import check_integer
from ringbuffer.memory import Word, rows_of
from ringbuffer.processors.failure import Failure, about
from ringbuffer.processors.failure_policy import (
    NOT_LOOKED,
    FailureContext,
    FailurePolicy,
    Handle,
    check_has_run,
)
from ringbuffer.processors.handlers import HandlerHooks
from ringbuffer.processors.record_batches import record_batches
from ringbuffer.readers import RecordReader, SlotReader


class Dispatch[E]:
    """Calls one handler during one run. Owning thread only.

    Args:
        consumer: the processor.
        hooks: the methods of its handler.
        reader: the thread's own access to the slots.
        own: the consumer's sequence.
        advanced: the function to call after each store to `own`, or None.

    Attributes:
        handle: `handle(first, last)` gives a batch to the handler, see `Handle`.
    """

    __slots__ = ("_consumer", "_hooks", "_last", "_own", "_policy", "handle")

    def __init__(
        self,
        consumer: FailureContext,
        hooks: HandlerHooks[E],
        reader: SlotReader[E],
        own: Word,
        advanced: Callable[[], None] | None,
    ) -> None:
        self._consumer: Final = consumer
        self._hooks: Final = hooks
        self._own: Final = own
        policy = FailurePolicy(consumer, hooks.on_rewind, own, advanced, reader.skipped.note)
        self._policy: Final = policy
        #: The last sequence of the current batch, which limits an early release.
        self._last = own[0]
        self.handle: Final[Handle] = _handle_of(hooks, reader, policy)

    def start(self) -> None:
        """Call `set_sequence_callback`, then `on_start`."""
        try:
            if self._hooks.set_sequence_callback is not None:
                self._hooks.set_sequence_callback(self._release)
            if self._hooks.on_start is not None:
                self._hooks.on_start()
        except Exception as error:
            with about(Failure(self._consumer.name, "on_start", self._own[0], self._own[0])):
                self._consumer.exception_handler.handle_on_start_exception(error)

    def shut_down(self) -> None:
        """Call `on_shutdown`."""
        if self._hooks.on_shutdown is not None:
            try:
                self._hooks.on_shutdown()
            except Exception as error:
                with about(Failure(self._consumer.name, "on_shutdown", self._own[0], self._own[0])):
                    self._consumer.exception_handler.handle_on_shutdown_exception(error)

    @property
    def before_batch(self) -> Callable[[int, int, int], None] | None:
        """`before_batch(first, last, available)`, to call before each batch; None if not needed."""
        wanted = self._hooks.on_batch_start or self._hooks.set_sequence_callback
        return self._before_batch if wanted else None

    def _before_batch(self, first: int, last: int, available: int) -> None:
        """Note the end of the batch, for early release, and call `on_batch_start`."""
        self._last = last
        if self._hooks.on_batch_start is not None:
            try:
                self._hooks.on_batch_start(last - first + 1, available - first + 1)
            except Exception as error:
                self._policy.ask(error, "on_batch_start", first, last, None)

    def timed_out(self, sequence: int) -> None:
        """Call `on_timeout`; the consumer does not advance."""
        if self._hooks.on_timeout is not None:
            try:
                self._hooks.on_timeout(sequence)
            except Exception as error:
                self._policy.ask(error, "on_timeout", sequence, sequence, None)

    def _release(self, sequence: int) -> None:
        """See `EarlyRelease`."""
        released = self._own[0]
        what = "a sequence, an integer"
        sequence = check_integer("what to release up to", sequence, what=what)
        if not released <= sequence <= self._last:
            where = f"the batch goes up to {self._last}, and {released} is released already"
            raise ValueError(f"cannot release up to {sequence}: {where}")
        self._policy.advance(sequence)


def _handle_of[E](hooks: HandlerHooks[E], reader: SlotReader[E], policy: FailurePolicy) -> Handle:
    if hooks.on_event is not None:
        return each_event(hooks.on_event, reader, policy)
    assert hooks.on_batch is not None, "HandlerHooks has checked it"
    if isinstance(reader, RecordReader):
        return record_batches(hooks.on_batch, reader, policy)
    return whole_batches(hooks.on_batch, reader, policy)


def each_event[E](
    on_event: Callable[[E, int, bool], object], reader: SlotReader[E], policy: FailurePolicy
) -> Handle:
    """Make the function that gives each event of a batch to `on_event`.

    After a failure that the exception handler accepts, the batch continues with the next event.
    """
    slots: Final = reader.slots
    mask: Final = reader.mask
    rows, row_shift, row_mask = rows_of(slots)
    read: Final = reader.read
    skipped: Final = reader.skipped
    count: Final = skipped.count
    resolve: Final = policy.resolve
    seen, next_skipped = NOT_LOOKED, 0
    call: Callable[[E, int, bool], object]

    def call_first(event: E, sequence: int, end_of_batch: bool) -> None:
        nonlocal call, seen, next_skipped
        check_has_run(on_event(event, sequence, end_of_batch))
        call = on_event
        seen, next_skipped = skipped.known

    call = call_first

    # HOT: called once a batch; the inner loop runs once an event.
    def handle(first: int, last: int) -> int:
        if count[0] != seen or next_skipped <= last:  # as `SkippedView.concerns`
            return handle_pieces(first, last)
        sequence = first
        event: Any = None
        if first == last:  # one event needs no list
            index = first & mask
            event = slots[index] if rows is None else rows[index >> row_shift][index & row_mask]
            try:
                on_event(event, first, True)
            except BaseException as error:
                replay = resolve(error, first, first, event)
                if replay is not None:
                    return replay
            return first + 1
        events = iter(read(first, last))
        # Terminates because each iteration that ends in a failure finishes one more event.
        while sequence <= last:
            try:
                for event in events:
                    on_event(event, sequence, sequence == last)
                    sequence += 1
            except BaseException as error:
                replay = resolve(error, first, sequence, event)
                if replay is not None:
                    return replay
                sequence += 1
        return sequence

    def handle_pieces(first: int, last: int) -> int:
        """As `handle`, for a batch with skipped sequences in it, and until the handler has run.

        The last event that is shown is the end of the batch.
        """
        nonlocal seen, next_skipped
        pieces = reader.pieces(first, last)
        if call is on_event:
            seen, next_skipped = skipped.known
        # The list is made before the first call of the handler. From there on, an interrupt must
        # arrive within the `try` block.
        shown = [pair for low, high in pieces for pair in enumerate(read(low, high), low)]
        end = shown[-1][0] if shown else last
        events = iter(shown)
        sequence, event = first, None
        unfinished = True
        # Terminates because each iteration that ends in a failure finishes one more event.
        while unfinished:
            try:
                for sequence, event in events:
                    call(event, sequence, sequence == end)
                unfinished = False
            except BaseException as error:
                replay = resolve(error, first, sequence, event)
                if replay is not None:
                    return replay
        return last + 1

    return handle


def whole_batches[E](
    on_batch: Callable[[list[E], int], object], reader: SlotReader[E], policy: FailurePolicy
) -> Handle:
    """Make the function that gives all events of a batch to `on_batch`, in one list.

    Skipped sequences divide a batch into pieces, and each piece is a batch to the handler. A piece
    that the handler has handled is finished: the replay of a later piece does not repeat it. After
    `BatchFailed` the rest of the piece is one more batch.
    """
    read: Final = reader.read
    skipped: Final = reader.skipped
    count: Final = skipped.count
    resolve_batch: Final = policy.resolve_batch
    seen, next_skipped = skipped.known
    call: Callable[[list[E], int], object]

    def call_first(events: list[E], first: int) -> None:
        nonlocal call
        check_has_run(on_batch(events, first))
        call = on_batch

    call = call_first

    # HOT: called once a batch.
    def handle(first: int, last: int) -> int:
        nonlocal seen, next_skipped
        if count[0] != seen or next_skipped <= last:  # as `SkippedView.concerns`
            pieces = reader.pieces(first, last)
            seen, next_skipped = skipped.known
        else:
            pieces = [(first, last)]
        for low, high in pieces:
            events = read(low, high)
            try:
                call(events, low)
            except BaseException as error:
                replay = resolve_batch(error, first, low, events, call)
                if replay is not None:
                    return replay
            else:
                if high < last:
                    policy.advance(high)
        return last + 1

    return handle
