"""`Sender`: a producing thread's own functions to put messages into a `RingBufferQueue`.

They claim, store and publish as the producers of any ring do. When the ring is closed, its claims
are final, so `close` waits until all of them are published: afterwards consumers can take every
accepted message, and no more messages will follow.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ClaimTimeoutError, ProducerThreadError, RingBufferClosedError
from ringbuffer.memory import Slots
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.queues.enqueue_many import PutChunk
from ringbuffer.messaging.queues.queue import PutEnvelope
from ringbuffer.producer import producer_ops
from ringbuffer.producer.whole_chunks import bind_publish_chunk
from ringbuffer.sequencer import Sequencer


class Sender(NamedTuple):
    """A producing thread's own functions. Owning thread only.

    Attributes:
        put: `put(envelope, timeout)` returns True, or False if the queue is closed; it raises
            `TimeoutError` if the queue stays full.
        try_put: `try_put(envelope)` does the same, but returns None if the queue is full.
        put_chunk: puts in a whole chunk or nothing, see `PutChunk`.
    """

    put: PutEnvelope
    try_put: Callable[[TransportEnvelope], bool | None]
    put_chunk: PutChunk


def new_sender(
    sequencer: Sequencer,
    slots: Slots[Any],
    no_capacity: Callable[[float | None], TimeoutError],
    waiting: Callable[[float | None], AbstractContextManager[None]] | None,
) -> Sender:
    """A sender for the calling thread.

    Args:
        sequencer: the sequencer of the ring.
        slots: its slots.
        no_capacity: makes the error for a producer whose wait has expired.
        waiting: makes a context around a wait for free capacity, from its timeout; None for a
            thread that is not a consumer's.

    Raises:
        ProducerThreadError: the ring has a single producer, which is another thread.
    """
    ops = producer_ops(sequencer)
    own_slots = slots.view()
    put_now = ops.try_put_into(own_slots, _refuse)
    publish_chunk = bind_publish_chunk(ops, own_slots)

    # HOT: puts one message.
    def put(envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        """Put a message into the queue; False if it is closed. See `enqueue_sync`."""
        if envelope.__class__ is not TransportEnvelope:
            check_envelope(envelope)
        if timeout is not None:
            timeout = check_timeout(timeout)
        try:
            if put_now(envelope) >= 0:
                return True
        except RingBufferClosedError:
            return False
        accepted = put_chunk([envelope], timeout, [0])
        if accepted is None:
            raise no_capacity(timeout)
        return accepted

    def try_put(envelope: TransportEnvelope) -> bool | None:
        """As `put`; None if there is no free capacity."""
        if envelope.__class__ is not TransportEnvelope:
            check_envelope(envelope)
        try:
            return True if put_now(envelope) >= 0 else None
        except RingBufferClosedError:
            return False

    def put_chunk(
        chunk: list[TransportEnvelope], timeout: float | None, count: list[int]
    ) -> bool | None:
        """Put a chunk into the queue, all of it or nothing. See `PutChunk`."""
        try:
            try:
                publish_chunk(chunk, timeout if waiting is None else 0, count)
            except ClaimTimeoutError:
                if waiting is None:
                    return None
                with waiting(timeout):
                    publish_chunk(chunk, timeout, count)
        except RingBufferClosedError:
            return False
        except ClaimTimeoutError:
            return None
        return True

    for function in (put, try_put, put_chunk):
        function.__qualname__ = f"Sender.{function.__name__}"
    return Sender(put, try_put, put_chunk)


def _refuse() -> NoReturn:
    raise ProducerThreadError(
        "this function is another thread's own: call sender() in the thread that enqueues. "
        "Nothing was enqueued"
    )
