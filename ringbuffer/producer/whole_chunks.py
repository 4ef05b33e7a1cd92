"""Publishing a chunk of values, all of them or none, for consumers that do not ask what is skipped.

It is in this package so that `is_publishing` finds it: a signal handler that closes the ring in the
middle of it must not wait for the publication.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.memory import SlotView, range_writer
from ringbuffer.producer.ops import NO_CAPACITY, ProducerOps

#: `publish_chunk(values, timeout, count)`, see `bind_publish_chunk`.
type PublishChunk = Callable[[list[Any], float | None, list[int]], None]


def bind_publish_chunk(ops: ProducerOps, slots: SlotView[Any]) -> PublishChunk:
    """Makes `publish_chunk`, for the calling thread: one claim, one store, one publication.

    `publish_chunk(values, timeout, count)` publishes all of `values`, which the ring can hold, and
    adds their number to `count[0]`. `timeout` is the longest wait for free capacity, in seconds.

    It raises the errors of `Next`. An interrupt may come at any point: then all values are
    published and counted, or none of them is stored, and none is counted. The consumers take what
    a slot holds, and pass over an empty one, whether or not its sequence was skipped. So a range is
    counted if its values were stored: `give_up` publishes or skips it. Otherwise what was stored is
    cleared first. No consumer has seen it.
    """
    next_, publish_claimed, give_up = ops.next, ops.publish_claimed, ops.give_up
    store: Final = range_writer(slots)

    def publish_chunk(values: list[Any], timeout: float | None, count: list[int]) -> None:
        size = len(values)
        low = high = NO_CAPACITY
        is_stored = False
        try:
            high = next_(size, timeout)
            low = high - size + 1
            store(low, values)
            is_stored = True
            publish_claimed(low, high)
            high = NO_CAPACITY  # nothing is called between the two
            count[0] += size
        except BaseException as error:
            if high != NO_CAPACITY:
                if not is_stored:
                    store(low, [None] * size)
                give_up(low, high, error)
                count[0] += size if is_stored else 0
            raise

    return publish_chunk
