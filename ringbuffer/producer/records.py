"""Publishing records: an array is copied into the slots, in one claim or in several."""

import contextlib
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import Duration, check_at_least_one, check_timeout
from ringbuffer.errors import ClaimTimeoutError
from ringbuffer.host import Host
from ringbuffer.producer.ops import NO_CAPACITY, ProducerOps
from ringbuffer.records import Records, RecordStore

#: `publish_records(records, timeout=None, chunk=None)`, see `RecordSink`, for one thread.
type PublishRecords = Callable[..., int]


def record_publication(
    ops: ProducerOps, copies: RecordStore, size: int, host: Host
) -> PublishRecords:
    """The calling thread's own function, over its own operations and its own view of the slots.

    Args:
        ops: the thread's own operations.
        copies: how it copies records into the slots.
        size: slots in the ring.
        host: tells the time.
    """
    next_, publish_claimed, give_up = ops.next, ops.publish_claimed, ops.give_up
    prepare, store = copies
    usual: Final = max(1, size // 4)

    # HOT: each iteration claims a chunk, copies it and publishes it.
    def publish_records(
        records: Records, timeout: Duration | None = None, chunk: int | None = None
    ) -> int:
        length = usual
        if chunk is not None:
            length = check_at_least_one("chunk", chunk)
            if length > size:
                raise ValueError(
                    f"chunk must be from 1 to {size}, the size of the ring, not {chunk!r}"
                )
        limit = None if timeout is None else check_timeout(timeout)
        deadline = None if limit is None else host.monotonic() + limit
        prepared = prepare(records)
        total = count = len(prepared)
        published = 0
        low = high = NO_CAPACITY
        try:
            # Terminates because each iteration publishes records, or raises.
            while True:
                if published == total:
                    break
                piece = prepared
                if total > length:
                    piece = prepared[published : published + length]
                    count = len(piece)
                high = next_(count, None if deadline is None else deadline - host.monotonic())
                low = high - count + 1
                store(low, piece)
                publish_claimed(low, high)  # release: after the records were copied
                high = NO_CAPACITY  # nothing is called between the two
                published += count
        except BaseException as error:
            if high != NO_CAPACITY and give_up(low, high, error):
                published += count
            _tell(error, published, total, limit)
            raise
        return published

    return publish_records


def no_record_publication() -> PublishRecords:
    """The same function for a ring without records, where it raises `TypeError`."""

    def refuse(*arguments: object, **options: object) -> Any:
        raise TypeError(
            "this ring does not hold records: build it with RingBuffer.of_records, or use "
            "publish_values or publish_events"
        )

    return refuse


def _tell(error: BaseException, published: int, total: int, timeout: float | None) -> None:
    """Store in `error` how many records were published."""
    with contextlib.suppress(AttributeError):  # a class without settable attributes
        setattr(error, "published", published)  # noqa: B010 - whatever its class
    if isinstance(error, ClaimTimeoutError):
        error.args = (
            f"no room within {timeout} s in all: {published} of {total} records were published, "
            f"the first ones",
        )
