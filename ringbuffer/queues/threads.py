"""Putting and getting for threads: a fast path that does not wait, and a slow path that may wait.

The fast paths are closures over what belongs to their side. Two threads that use one object would
both count references on it, so a thread that puts would slow down a thread that gets. Each takes
one lock, and loads and stores its own sequence and one slot.
"""

import queue
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from ringbuffer.blocked_loop import warn_of_blocked_loop
from ringbuffer.checks import check_at_least_one, check_timeout, shown
from ringbuffer.producer.values import chunks
from ringbuffer.queues.errors import PutManyFull, PutManyShutDown, tell
from ringbuffer.queues.thread_wait import ThreadWait, Waits
from ringbuffer.queues.two_lock_ring import NOTHING, TwoLockRing

#: The most values that `put_many` takes from an iterable at a time.
CHUNK: Final = 256


class Put[T](Protocol):
    """`put(item, block=True, timeout=None)`."""

    def __call__(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        """As `queue.Queue.put`."""
        ...


class Get[T](Protocol):
    """`get(block=True, timeout=None)`."""

    def __call__(self, block: bool = True, timeout: float | None = None) -> T:
        """As `queue.Queue.get`."""
        ...


def fast_put(ring: TwoLockRing, waits: Waits) -> Put[Any]:
    """Make the function that puts an item."""
    side: Final = ring.putting
    lock, tail = side.lock, side.own
    slots, mask = ring.slots, ring.mask
    put_slowly: Final = slow_put(ring, waits)

    def put(item: Any, block: bool = True, timeout: float | None = None) -> None:
        if timeout is not None and block:
            timeout = check_waiting_time(timeout)
        with lock:
            sequence = tail[0] + 1
            if sequence <= side.limit or side.admits(sequence):
                # An interrupt between these two stores leaves a value in a slot that is not
                # published. The next put stores over it.
                slots[sequence & mask] = item
                tail[0] = sequence  # release: the item
                return
        put_slowly(item, block, timeout)

    return put


def fast_get(ring: TwoLockRing, waits: Waits) -> Get[Any]:
    """Make the function that gets an item."""
    side: Final = ring.getting
    lock, head = side.lock, side.own
    slots, mask = ring.slots, ring.mask
    get_slowly: Final = slow_get(ring, waits)

    def get(block: bool = True, timeout: float | None = None) -> Any:
        if timeout is not None and block:
            timeout = check_waiting_time(timeout)
        with lock:
            sequence = head[0] + 1
            if sequence <= side.limit or side.admits(sequence):
                at = sequence & mask
                item = slots[at]
                try:
                    slots[at] = None
                    head[0] = sequence  # release: the slot is cleared before it may be filled again
                except BaseException:
                    # An interrupt. If it came before the store of `head`, the next get takes the
                    # item.
                    if head[0] != sequence:
                        slots[at] = item
                    raise
                return item
        return get_slowly(block, timeout)

    return get


def slow_put(ring: TwoLockRing, waits: Waits) -> Callable[[Any, bool, float | None], None]:
    """Make the function that puts an item if a consumer waits, or if the ring may be full."""

    def put_slowly(item: Any, block: bool, timeout: float | None) -> None:
        wait: ThreadWait | None = None
        # Terminates because each pause ends when the ring may have a free slot, the queue is shut
        # down, or the time is up. If the ring is full again, another thread has put an item.
        while not ring.offer(item):
            if not block or (wait is not None and wait.is_over):
                raise queue.Full
            if wait is None:
                warn_of_blocked_loop(timeout)
                wait = waits.for_room(timeout)
            wait.pause()

    return put_slowly


def slow_get(ring: TwoLockRing, waits: Waits) -> Callable[[bool, float | None], Any]:
    """Make the function that gets an item if a producer waits, or if the ring may be empty."""

    def get_slowly(block: bool, timeout: float | None) -> Any:
        wait: ThreadWait | None = None
        while (item := ring.poll()) is NOTHING:
            if not block or (wait is not None and wait.is_over):
                raise queue.Empty
            if wait is None:
                wait = waits.for_item(timeout)
            wait.pause()
        return item

    return get_slowly


def put_many(ring: TwoLockRing, waits: Waits, values: Iterable[Any], timeout: float | None) -> int:
    """Put all values, a slice at a time; return how many. See `Queue.put_many`."""
    limit = None if timeout is None else check_waiting_time(timeout)
    wait = waits.for_room(limit)
    has_waited = False
    put = 0
    for taken, failure in chunks(values, CHUNK):
        at = 0
        try:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if at == len(taken):
                    break
                count = ring.offer_many(taken, at)
                at += count
                if count == 0:
                    if wait.is_over:
                        raise queue.Full
                    if not has_waited:
                        has_waited = True
                        warn_of_blocked_loop(limit)
                    wait.pause()
        except queue.Full as error:
            raise tell(PutManyFull(), put + at, taken[at:], failure) from error
        except queue.ShutDown as error:
            raise tell(PutManyShutDown(), put + at, taken[at:], failure) from error
        except RuntimeWarning as error:
            # A filter has made the warning an error. Its class does not declare these attributes.
            setattr(error, "published", put + at)  # noqa: B010
            setattr(error, "unpublished", tuple(taken[at:]))  # noqa: B010
            raise
        put += at
        if failure is not None:
            raise failure
    return put


def get_many(
    ring: TwoLockRing, waits: Waits, max_items: int | None, timeout: float | None
) -> list[Any]:
    """Get at least one item, in one slice. See `Queue.get_many`."""
    most = check_at_least_one("max_items", max_items) or len(ring.slots)
    checked = None if timeout is None else check_waiting_time(timeout)
    wait: ThreadWait | None = None
    while not (items := ring.poll_many(most)):
        if wait is not None and wait.is_over:
            raise queue.Empty
        if wait is None:
            wait = waits.for_item(checked)
        wait.pause()
    return items


def check_waiting_time(timeout: float) -> float | None:
    """Return `timeout`, checked; None if it is so long that it sets no limit.

    Raises:
        TypeError: it is not a number.
        ValueError: it is negative, or NaN.
    """
    limit = check_timeout(timeout)
    if limit is not None and limit < 0:
        raise ValueError(
            f"'timeout' must be a non-negative number of seconds, not {shown(timeout)}. "
            f"Nothing was done"
        )
    return limit
