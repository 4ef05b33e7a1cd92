"""`Sender`: a producing thread's own way into the ring of a `RingBufferQueue`.

What a producer does: it goes through a door of its own, which no other producer touches, unless that is shut; it claims,
stores, publishes; and it goes out again. `close` shuts every door and waits until nobody is inside: afterwards every message
that was accepted is there to be taken, and no more will come. Whoever puts while it puts, in a signal handler, stays inside.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from ringbuffer.checks import check_timeout
from ringbuffer.errors import ClaimTimeoutError, ProducerThreadError, RingBufferClosedError
from ringbuffer.host import Host
from ringbuffer.memory import Door, Slots, range_writer
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.queues.queue import Put
from ringbuffer.producer.claim import store_and_publish
from ringbuffer.sequencer import Sequencer
from ringbuffer.sequencer.producer_barrier import TryPut


class Sender:
    """A producing thread's own way into the ring. Owning thread only, but that any thread may shut the door.

    Args:
        sequencer, slots: the ring.
        door: what `close` shuts.
        host: what provides the thread's number.
        no_room: makes what a producer gets that has waited in vain.
        waiting: around a wait for room, with its timeout; None where nobody wants to know.

    Attributes:
        door: the thread is inside until it has published, or has been refused.
        thread: the number of the thread.
        put: `put(envelope, timeout)`, True, or False if the queue is closed; `TimeoutError` if there is no room in time.
        try_put: `try_put(envelope)`, the same, None if there is no room.
    """

    __slots__ = ("__weakref__", "door", "put", "thread", "try_put")

    def __init__(
        self,
        sequencer: Sequencer,
        slots: Slots[Any],
        door: Door,
        host: Host,
        no_room: Callable[[float | None], TimeoutError],
        waiting: Callable[[float | None], AbstractContextManager[None]] | None,
    ) -> None:
        barrier = sequencer.producer_barrier()
        own_slots = slots.view()
        store = range_writer(own_slots)
        put_now = barrier.try_put_into(own_slots)

        thread_id, thread = host.thread_id, host.thread_id()

        def check_thread() -> None:
            """Somebody is inside: the calling thread, which a signal handler has interrupted, or another one, in error."""
            if thread_id() != thread:
                raise ProducerThreadError(
                    "this function is another thread's own way into the queue, and that thread is using it: ask sender() for "
                    "one in the thread that enqueues. Nothing was enqueued"
                )

        def put_when_there_is_room(envelope: TransportEnvelope, timeout: float | None) -> bool:
            with nullcontext() if waiting is None else waiting(timeout):
                was = door[0]
                try:
                    door[0] = True
                    if door[1]:
                        return False
                    try:
                        sequence = barrier.next(1, timeout)
                    except RingBufferClosedError:
                        return False
                    except ClaimTimeoutError:
                        raise no_room(timeout) from None
                    store_and_publish(barrier, store, sequence, [envelope], barrier.publish_claimed)
                    return True
                finally:
                    door[0] = was  # release: after the publication

        # What the two need is bound to parameters that nobody gives: to read a local takes a fifth of the time that a variable
        # of the enclosing function takes, or a global one. Neither calls the other: a call takes as long as the door.
        def put(
            envelope: TransportEnvelope,
            timeout: float | None = None,
            kind: type = TransportEnvelope,
            door: Door = door,
            put_now: TryPut = put_now,
        ) -> bool:
            if envelope.__class__ is not kind:
                check_envelope(envelope)
            if timeout is not None:
                timeout = check_timeout(timeout)
            was = door[0]
            if was:
                check_thread()
            try:
                door[0] = True
                if door[1]:
                    return False
                if put_now(envelope) >= 0:
                    return True
            except RingBufferClosedError:
                return False
            finally:
                door[0] = was
            return put_when_there_is_room(envelope, timeout)

        def try_put(
            envelope: TransportEnvelope,
            door: Door = door,
            put_now: TryPut = put_now,
        ) -> bool | None:
            if envelope.__class__ is not TransportEnvelope:
                check_envelope(envelope)
            was = door[0]
            if was:
                check_thread()
            try:
                door[0] = True
                if door[1]:
                    return False
                return True if put_now(envelope) >= 0 else None
            except RingBufferClosedError:
                return False
            finally:
                door[0] = was

        self.door: Final = door
        self.thread: Final = thread
        self.put: Final[Put] = put
        self.try_put: Final[Callable[[TransportEnvelope], bool | None]] = try_put
