"""Gives batches of records to `on_batch`: views of the slots, in place of lists."""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.processors.failure_policy import (
    NOT_LOOKED,
    FailurePolicy,
    Handle,
    check_has_run,
)
from ringbuffer.readers import RecordReader


def record_batches(
    on_batch: Callable[[Any, int], object], reader: RecordReader, policy: FailurePolicy
) -> Handle:
    """Make the function that gives all records of a batch to `on_batch`, in one read-only view.

    A view does not cross the end of the ring: there a batch is divided into two pieces. Skipped
    sequences divide it too. A piece that the handler has handled is finished, as in
    `whole_batches`.
    """
    records: Final[Any] = reader.slots
    mask: Final = reader.mask
    skipped: Final = reader.skipped
    count: Final = skipped.count
    resolve_batch: Final = policy.resolve_batch
    seen, next_skipped = NOT_LOOKED, 0

    # HOT: called once a batch.
    def handle(first: int, last: int) -> int:
        start = first & mask
        stop = start + last - first + 1
        # As `SkippedView.concerns`. The last comparison: the batch goes beyond the end of the ring.
        if count[0] != seen or next_skipped <= last or stop > mask + 1:
            return handle_pieces(first, last)
        view: Any = records[start:stop]
        try:
            on_batch(view, first)
        except BaseException as error:
            replay = resolve_batch(error, first, first, view, on_batch)
            if replay is not None:
                return replay
        return last + 1

    def handle_pieces(first: int, last: int) -> int:
        nonlocal seen, next_skipped
        pieces = reader.pieces(first, last)
        has_looked = seen != NOT_LOOKED
        for low, high in pieces:
            view = reader.read(low, high)
            try:
                result = on_batch(view, low)
                if not has_looked:
                    check_has_run(result)  # once: see `seen` below
            except BaseException as error:
                replay = resolve_batch(error, first, low, view, on_batch)
                if replay is not None:
                    return replay
            else:
                if high < last:
                    policy.advance(high)
        seen, next_skipped = skipped.known
        return last + 1

    return handle
