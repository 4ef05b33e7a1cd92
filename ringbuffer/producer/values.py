"""Publishing into a ring of values: one at a time, or chunks that move as slices."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ringbuffer.checks import check_at_least_one, check_timeout
from ringbuffer.errors import ClaimTimeoutError
from ringbuffer.host import Host
from ringbuffer.memory import SlotView, range_writer
from ringbuffer.producer.claim import store_and_publish
from ringbuffer.sequencer import ProducerBarrier
from ringbuffer.sequencer.sequencer import no_capacity

#: The most values that `publish_values` moves at a time, unless it is told otherwise.
DEFAULT_CHUNK: Final = 256


class PublishValue(Protocol):
    """`publish_value(value, timeout=None)`: claim a slot, put the value there, publish it."""

    def __call__(self, value: Any, timeout: float | None = None) -> int:
        """Publish any object; its sequence is returned.

        Raises:
            TypeError: the ring has pre-allocated events.
            ClaimTimeoutError: there was no room in `timeout` seconds (None waits without a limit).
        """
        ...


class TryPublishValue(Protocol):
    """`try_publish_value(value)`: as `publish_value`, but never wait."""

    def __call__(self, value: Any) -> int:
        """As `PublishValue`; `InsufficientCapacityError` where there is no room."""
        ...


class PublishValues(Protocol):
    """`publish_values(values, timeout=None, chunk=None)`: publish many values, a chunk at a time."""

    def __call__(self, values: Iterable[Any], timeout: float | None = None, chunk: int | None = None) -> int:
        """Publish every value, in order; how many is returned.

        Values are taken from the iterable until there is a chunk of them, and then published together: from a source that is
        slow to produce them, take `chunk=1`. Between two chunks other producers may publish.

        Args:
            values: any iterable, however long.
            timeout: the longest time in all, in seconds; None sets no limit.
            chunk: the most values to claim at once, 1 to the size of the ring; the default is 256, or half the ring.

        Raises:
            TypeError: the ring has pre-allocated events.
            ClaimTimeoutError: there was no room in time. As with the other errors of a claim, its `published` says how
                many values were published, and `unpublished` holds those that were taken from the iterable and were not.
            Exception: what the iterable raised. What it gave before that is published.
        """
        ...


@dataclass(frozen=True, slots=True)
class ValuePublication:
    """A thread's own functions to publish values. Owning thread only."""

    publish_value: PublishValue
    try_publish_value: TryPublishValue
    publish_values: PublishValues


def value_publication(barrier: ProducerBarrier, slots: SlotView[Any], host: Host) -> ValuePublication:
    """The calling thread's own functions, over its own barrier and the ring's slots."""
    size: Final = len(slots)
    next_, try_put, publish_claimed = barrier.next, barrier.try_put_into(slots), barrier.publish_claimed
    store: Final = range_writer(slots)

    def publish_value(value: Any, timeout: float | None = None) -> int:
        if timeout is not None:
            check_timeout(timeout)
        sequence = try_put(value)
        if sequence < 0:
            sequence = next_(1, timeout)
            store_and_publish(barrier, store, sequence, [value], publish_claimed)
        return sequence

    def try_publish_value(value: Any) -> int:
        sequence = try_put(value)
        if sequence < 0:
            raise no_capacity(1, size)
        return sequence

    def publish_values(values: Iterable[Any], timeout: float | None = None, chunk: int | None = None) -> int:
        length = max(1, min(DEFAULT_CHUNK, size // 2)) if chunk is None else chunk
        check_at_least_one("chunk", length)
        if length > size:
            raise ValueError(f"chunk must be from 1 to {size}, the size of the ring, not {chunk!r}")
        limit = check_timeout(timeout)
        deadline = None if limit is None else host.monotonic() + limit
        published = 0
        for taken, failure in chunks(values, length):
            if taken:
                try:
                    high = next_(len(taken), None if deadline is None else deadline - host.monotonic())
                except Exception as error:
                    _tell(error, published, taken, timeout, failure)
                    raise
                store_and_publish(barrier, store, high - len(taken) + 1, taken, publish_claimed)
                published += len(taken)
            if failure is not None:
                raise failure
        return published

    return ValuePublication(publish_value, try_publish_value, publish_values)


def no_value_publication() -> ValuePublication:
    """The same for a ring of pre-allocated events, where each of the functions raises."""

    def refuse(*arguments: object, **options: object) -> Any:
        raise TypeError("this ring has pre-allocated events: use publish_event(s), or build it with RingBuffer.of_values")

    return ValuePublication(refuse, refuse, refuse)


def _tell(
    error: Exception, published: int, unpublished: list[Any], timeout: float | None, failure: BaseException | None
) -> None:
    """Put the accounts into an error of a claim, and what the iterable raised, if anything, behind it."""
    setattr(error, "published", published)  # noqa: B010 - any error of a claim gets them, whatever its class
    setattr(error, "unpublished", tuple(unpublished))  # noqa: B010
    if isinstance(error, ClaimTimeoutError):
        error.args = (
            f"no room within {timeout} s in all: {published} values were published, and {len(unpublished)} more were taken "
            f"from the iterable, see `unpublished`",
        )
    if failure is not None:
        error.__context__ = failure
        error.add_note(f"the iterable had raised {type(failure).__name__} after these values: {failure}")


def chunks(values: Iterable[Any], length: int) -> Iterator[tuple[list[Any], BaseException | None]]:
    """Lists of `length` values, the last of them shorter, or cut short by an error of the iterable, which comes with it."""
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
