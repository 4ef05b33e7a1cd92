"""`Sender`: a producing thread's own functions to put messages into a `RingBufferQueue`.

Each producer has a guard of its own, which no other producer touches. It enters the guard unless
that is shut; it claims, stores and publishes; then it leaves the guard. `close` shuts every guard,
and waits until no producer is inside one: afterwards consumers can take every accepted message, and
no more messages will follow. A put that a signal handler makes during another put of its thread
leaves the guard as it was: entered.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ClaimTimeoutError, ProducerThreadError, RingBufferClosedError
from ringbuffer.host import Host
from ringbuffer.memory import InFlightGuard, Slots, range_writer
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.queues.queue import PutEnvelope
from ringbuffer.one_process import OneProcess
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer import Sequencer


class Sender(OneProcess):
    """A producing thread's own functions. Owning thread only; any thread may shut the guard.

    Args:
        sequencer, slots: the ring.
        guard: the guard that `close` shuts.
        host: the source of the thread's identifier.
        no_capacity: makes the error for a producer whose wait has expired.
        waiting: makes a context around a wait for free capacity, from its timeout; None for a
            thread that is not a consumer's.

    Attributes:
        guard: the thread is inside until it has published, or was refused.
        thread: the identifier of the thread.
        put: `put(envelope, timeout)` returns True, or False if the queue is closed; it raises
            `TimeoutError` if the queue stays full.
        try_put: `try_put(envelope)` does the same, but returns None if the queue is full.
        skip: see `ProducerOps.skip`.
    """

    __slots__ = ("__weakref__", "guard", "put", "skip", "thread", "try_put")

    def __init__(
        self,
        sequencer: Sequencer,
        slots: Slots[Any],
        guard: InFlightGuard,
        host: Host,
        no_capacity: Callable[[float | None], TimeoutError],
        waiting: Callable[[float | None], AbstractContextManager[None]] | None,
    ) -> None:
        ops = producer_ops(sequencer)
        own_slots = slots.view()
        store = range_writer(own_slots)
        put_now = ops.try_put_into(own_slots)

        thread_id, thread = host.thread_id, host.thread_id()

        def check_thread() -> None:
            """Raise if another thread calls while the owning thread is inside.

            A signal handler that has interrupted the owning thread may call.
            """
            if thread_id() != thread:
                raise ProducerThreadError(
                    "this function is another thread's own, and that thread is using it: "
                    "call sender() in the thread that enqueues. Nothing was enqueued"
                )

        def put_when_capacity_is_free(envelope: TransportEnvelope, timeout: float | None) -> bool:
            with nullcontext() if waiting is None else waiting(timeout):
                was = guard[0]
                try:
                    guard[0] = True
                    if guard[1]:
                        return False
                    try:
                        sequence = ops.next(1, timeout)
                    except RingBufferClosedError:
                        return False
                    except ClaimTimeoutError:
                        raise no_capacity(timeout) from None
                    try:
                        store(sequence, [envelope])
                        ops.publish_claimed(sequence, sequence)
                    except BaseException as error:
                        ops.give_up(sequence, sequence, error)
                        raise
                    return True
                finally:
                    guard[0] = was  # release: after the publication

        # HOT: both put one message. Each copies the guard, which it uses four times: a local is
        # read several times as fast as a variable of the enclosing function. Neither calls the
        # other: a call would cost as much as the guard.
        def put(envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
            """Put a message into the queue; False if it is closed. See `enqueue_sync`."""
            if envelope.__class__ is not TransportEnvelope:
                check_envelope(envelope)
            if timeout is not None:
                timeout = check_timeout(timeout)
            own_guard = guard
            was = own_guard[0]
            if was:
                check_thread()
            try:
                own_guard[0] = True
                if own_guard[1]:
                    return False
                if put_now(envelope) >= 0:
                    return True
            except RingBufferClosedError:
                return False
            finally:
                own_guard[0] = was
            return put_when_capacity_is_free(envelope, timeout)

        def try_put(envelope: TransportEnvelope) -> bool | None:
            """As `put`; None if there is no free capacity."""
            if envelope.__class__ is not TransportEnvelope:
                check_envelope(envelope)
            own_guard = guard
            was = own_guard[0]
            if was:
                check_thread()
            try:
                own_guard[0] = True
                if own_guard[1]:
                    return False
                return True if put_now(envelope) >= 0 else None
            except RingBufferClosedError:
                return False
            finally:
                own_guard[0] = was

        for function in (put, try_put):
            function.__qualname__ = f"{type(self).__qualname__}.{function.__name__}"

        self.guard: Final = guard
        self.thread: Final = thread
        self.skip: Final = ops.skip
        self.put: Final[PutEnvelope] = put
        self.try_put: Final[Callable[[TransportEnvelope], bool | None]] = try_put
