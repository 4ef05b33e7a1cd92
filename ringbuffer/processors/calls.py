"""How batches get to a handler: event by event, or whole.

Consumers that keep up get many batches of one event, so what a batch costs counts. Each of the two ways is a function that is
made once for a run, over that run's own slots and words: it touches no attribute of anything as long as nothing is skipped and
nothing fails.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.memory import rows_of
from ringbuffer.processors.outcome import Outcome
from ringbuffer.readers import SlotReader

#: `handle(first, last)` gives a batch to the handler; it returns where to go on: before `last + 1` to replay it.
type Handle = Callable[[int, int], int]


def each_event[E](on_event: Callable[[E, int, bool], object], reader: SlotReader[E], outcome: Outcome) -> Handle:
    """Each event to `on_event`; a failure to the exception handler, then on with the next event."""
    slots: Final = reader.slots
    mask: Final = reader.mask
    rows, row_shift, row_mask = rows_of(slots)
    read: Final = reader.read
    skipped: Final = reader.skipped
    count: Final = skipped.count
    seen, next_skipped = skipped.known
    rewind: Final = outcome.rewind
    failed: Final = outcome.failed

    call: Callable[[E, int, bool], object]

    def call_first(event: E, sequence: int, end_of_batch: bool) -> None:
        nonlocal call
        check_has_run(on_event(event, sequence, end_of_batch))
        call = on_event

    call = call_first

    def handle(first: int, last: int) -> int:
        if count[0] != seen or next_skipped <= last:  # as `SkippedView.concerns`
            return handle_pieces(first, last)
        sequence = first
        event: Any = None
        if first == last:  # no list is made for one event
            event = slots[first & mask] if rows is None else rows[(first & mask) >> row_shift][first & row_mask]
            try:
                call(event, first, True)
            except BaseException as error:
                replay = rewind(error, first)
                if replay is not None:
                    return replay
                failed(error, first, first, event)
            return first + 1
        events = iter(read(first, last))
        on_each = call
        while sequence <= last:
            try:
                for event in events:
                    on_each(event, sequence, sequence == last)
                    sequence += 1
            except BaseException as error:
                replay = rewind(error, first)
                if replay is not None:
                    return replay
                failed(error, sequence, sequence, event)
                sequence += 1
        return sequence

    def handle_pieces(first: int, last: int) -> int:
        """As `handle`, for a batch with skipped sequences in it; the last event shown is the end of the batch."""
        nonlocal seen, next_skipped
        pieces = reader.pieces(first, last)
        seen, next_skipped = skipped.known
        end = pieces[-1][1] if pieces else first - 1
        for low, high in pieces:
            for sequence, event in enumerate(read(low, high), low):
                try:
                    call(event, sequence, sequence == end)
                except BaseException as error:
                    replay = rewind(error, first)
                    if replay is not None:
                        return replay
                    failed(error, sequence, sequence, event)
        return last + 1

    return handle


def whole_batches[E](on_batch: Callable[[list[E], int], object], reader: SlotReader[E], outcome: Outcome) -> Handle:
    """All events of a batch to `on_batch`, in one list for each piece without skipped sequences.

    Each piece is a batch to the handler: one that it has handled is finished, and is not replayed with a later one.
    """
    read: Final = reader.read
    skipped: Final = reader.skipped
    count: Final = skipped.count
    seen, next_skipped = skipped.known

    call: Callable[[list[E], int], object]

    def call_first(events: list[E], first: int) -> None:
        nonlocal call
        check_has_run(on_batch(events, first))
        call = on_batch

    call = call_first

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
                replay = outcome.rewind(error, first)
                if replay is not None:
                    return replay
                outcome.failed(error, low, high, events)
            else:
                if high < last:
                    outcome.advance(high)
        return last + 1

    return handle


def check_has_run(result: object) -> None:
    """Raise `TypeError` if a handler has not run: a lambda around a coroutine function looks like one until it is called."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(
            f"the handler returned a coroutine, which nobody awaits: {result!r}. Wire the coroutine function itself"
        )
