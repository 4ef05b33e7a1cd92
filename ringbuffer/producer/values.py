"""Publishing into a ring of values: one at a time, or in chunks that move as slices."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from ringbuffer.checks import Duration, check_at_least_one, check_timeout
from ringbuffer.errors import ClaimTimeoutError
from ringbuffer.host import Host
from ringbuffer.memory import SlotView, range_writer
from ringbuffer.producer.ops import NO_CAPACITY, ProducerOps
from ringbuffer.producer.refusals import no_capacity

#: The most values that `publish_values` moves at a time, unless the caller gives another number.
DEFAULT_CHUNK: Final = 256


#: `publish_value(value, timeout=None)`, see `EventSink`, for the one thread it was made for.
type PublishValue = Callable[..., int]


class ValuePublication(NamedTuple):
    """A thread's own functions to publish values, see `EventSink`. Owning thread only."""

    publish_value: PublishValue
    try_publish_value: Callable[[Any], int]
    publish_values: Callable[..., int]


def value_publication(ops: ProducerOps, slots: SlotView[Any], host: Host) -> ValuePublication:
    """The calling thread's own functions, over its own operations and the ring's slots."""
    size: Final = len(slots)
    next_, try_put = ops.next, ops.try_put_into(slots)
    publish_claimed, give_up = ops.publish_claimed, ops.give_up
    store: Final = range_writer(slots)

    def publish_value(value: Any, timeout: Duration | None = None) -> int:
        if timeout is not None:
            check_timeout(timeout)
        sequence = try_put(value)
        if sequence < 0:
            sequence = next_(1, timeout)
            try:
                store(sequence, [value])
                publish_claimed(sequence, sequence)
            except BaseException as error:
                give_up(sequence, sequence, error)
                raise
        return sequence

    def try_publish_value(value: Any) -> int:
        sequence = try_put(value)
        if sequence < 0:
            raise no_capacity(1, size)
        return sequence

    def publish_values(
        values: Iterable[Any], timeout: Duration | None = None, chunk: int | None = None
    ) -> int:
        length = max(1, min(DEFAULT_CHUNK, size // 2)) if chunk is None else chunk
        length = check_at_least_one("chunk", length)
        if length > size:
            raise ValueError(f"chunk must be from 1 to {size}, the size of the ring, not {chunk!r}")
        limit = check_timeout(timeout)
        deadline = None if limit is None else host.monotonic() + limit
        published = 0
        low = high = NO_CAPACITY
        taken: list[Any] = []
        failure: BaseException | None = None
        try:
            for taken, failure in chunks(values, length):
                if taken:
                    count = len(taken)
                    high = next_(count, None if deadline is None else deadline - host.monotonic())
                    low = high - count + 1
                    store(low, taken)
                    publish_claimed(low, high)
                    high = NO_CAPACITY
                    published += count
                    taken = []
                if failure is not None:
                    raise failure
                low = NO_CAPACITY  # so that the jump back is in the `try`: see `ringbuffer.system`
        except BaseException as error:
            if high != NO_CAPACITY and give_up(low, high, error):
                published += len(taken)
                taken = []
            _tell(error, published, taken, limit, None if failure is error else failure)
            raise
        return published

    return ValuePublication(publish_value, try_publish_value, publish_values)


def no_value_publication(of_records: bool = False) -> ValuePublication:
    """The same functions for a ring of pre-allocated events or records, where each raises."""
    holds = (
        "holds records: use publish_records, claim or publish_event(s)"
        if of_records
        else "has pre-allocated events: use publish_event(s)"
    )

    def bind_refusal() -> Callable[..., Any]:
        def refuse(*arguments: object, **options: object) -> Any:
            raise TypeError(f"this ring {holds}, or build it with RingBuffer.of_values")

        return refuse

    return ValuePublication(*(bind_refusal() for _ in ValuePublication._fields))


def _tell(
    error: BaseException,
    published: int,
    unpublished: list[Any],
    timeout: Duration | None,
    failure: BaseException | None,
) -> None:
    """Store in `error` what was published and what was not, and what the iterable raised."""
    with contextlib.suppress(AttributeError):  # a class without settable attributes
        setattr(error, "published", published)  # noqa: B010 - whatever its class
        setattr(error, "unpublished", tuple(unpublished))  # noqa: B010
    if isinstance(error, ClaimTimeoutError):
        error.args = (
            f"no free capacity within {timeout} s in all: {published} values were published, and "
            f"{len(unpublished)} more were taken from the iterable, see `unpublished`",
        )
    if failure is not None:
        error.__context__ = failure
        error.add_note(
            f"the iterable had raised {type(failure).__name__} after these values: {failure}"
        )


def chunks(values: Iterable[Any], length: int) -> Iterator[tuple[list[Any], BaseException | None]]:
    """Lists of `length` values and None; the last may be shorter, with the iterable's error."""
    if isinstance(values, list):
        for start in range(0, len(values), length):
            yield values[start : start + length], None
        return
    iterator = iter(values)
    while True:
        taken: list[Any] = []
        try:
            taken.extend(itertools.islice(iterator, length))
        except BaseException as error:
            yield taken, error
            return
        yield taken, None
        if len(taken) < length:
            return
