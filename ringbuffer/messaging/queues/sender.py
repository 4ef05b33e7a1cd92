"""`Sender`: a producing thread's own way into the ring of a `RingBufferQueue`.

What a producer does: it looks whether the queue is closed, claims, stores, publishes. It does so under a lock of its own,
which no other producer touches, so that `close` can wait until nobody is between the look and the publication: afterwards
every message that was accepted is there to be taken, and no more will come.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from ringbuffer.checks import check_timeout
from ringbuffer.errors import ClaimTimeoutError, RingBufferClosedError
from ringbuffer.host import Host, Lock
from ringbuffer.memory import Slots, Word, range_writer
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.queues.queue import Put
from ringbuffer.producer.claim import store_and_publish
from ringbuffer.sequence import Sequence
from ringbuffer.sequencer import Sequencer
from ringbuffer.sequencer.producer_barrier import TryPut

#: What `closed` holds; open is 0, so that a look at it needs no comparison.
OPEN: Final = 0
CLOSED: Final = 1


class Sender:
    """A producing thread's own way into the ring. Owning thread only, but for the lock.

    Args:
        sequencer, slots: the ring.
        closed: `CLOSED` once the queue takes no more.
        host: what provides the lock, and the thread's number.
        no_room: makes what a producer gets that has waited in vain.
        waiting: around a wait for room, with its timeout; None where nobody wants to know.

    Attributes:
        lock: held while the thread is between its look at `closed` and the publication.
        thread: the number of the thread.
        put: `put(envelope, timeout)`, True, or False if the queue is closed; `TimeoutError` if there is no room in time.
        try_put: `try_put(envelope)`, the same, None if there is no room.
    """

    __slots__ = ("__weakref__", "lock", "put", "thread", "try_put")

    def __init__(
        self,
        sequencer: Sequencer,
        slots: Slots[Any],
        closed: Sequence,
        host: Host,
        no_room: Callable[[float | None], TimeoutError],
        waiting: Callable[[float | None], AbstractContextManager[None]] | None,
    ) -> None:
        barrier = sequencer.producer_barrier()
        own_slots = slots.view()
        store = range_writer(own_slots)
        put_now = barrier.try_put_into(own_slots)
        is_closed = closed.view().word
        lock = host.lock()

        def put_when_there_is_room(envelope: TransportEnvelope, timeout: float | None) -> bool:
            with nullcontext() if waiting is None else waiting(timeout), lock:
                if is_closed[0]:
                    return False
                try:
                    sequence = barrier.next(1, timeout)
                except RingBufferClosedError:
                    return False
                except ClaimTimeoutError:
                    raise no_room(timeout) from None
                store_and_publish(barrier, store, sequence, [envelope], barrier.publish_claimed)
            return True

        # What the two need is bound to parameters that nobody gives: to read a local takes a fifth of the time that a variable
        # of the enclosing function takes, or a global one. Neither calls the other: a call takes as long as half the lock.
        def put(
            envelope: TransportEnvelope,
            timeout: float | None = None,
            kind: type = TransportEnvelope,
            lock: Lock = lock,
            is_closed: Word = is_closed,
            put_now: TryPut = put_now,
        ) -> bool:
            if envelope.__class__ is not kind:
                check_envelope(envelope)
            if timeout is not None:
                timeout = check_timeout(timeout)
            with lock:
                if is_closed[0]:
                    return False
                try:
                    if put_now(envelope) >= 0:
                        return True
                except RingBufferClosedError:
                    return False
            return put_when_there_is_room(envelope, timeout)

        def try_put(
            envelope: TransportEnvelope,
            lock: Lock = lock,
            is_closed: Word = is_closed,
            put_now: TryPut = put_now,
        ) -> bool | None:
            if envelope.__class__ is not TransportEnvelope:
                check_envelope(envelope)
            with lock:
                if is_closed[0]:
                    return False
                try:
                    return True if put_now(envelope) >= 0 else None
                except RingBufferClosedError:
                    return False

        self.lock: Final = lock
        self.thread: Final = host.thread_id()
        self.put: Final[Put] = put
        self.try_put: Final[Callable[[TransportEnvelope], bool | None]] = try_put
