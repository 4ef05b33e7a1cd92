"""`RingBufferEventBus`: one ring of events, and every handler a consumer of it.

                            .--> processor of handler A     each in a thread of its own, in the order of the ring,
    publishers --> [ ring ] +--> processor of handler B     passing over what it does not want
                            '--> stream, task of handler C  a coroutine function, in the bus's loop

An event is published once, however many handlers there are. Each handler has a sequence of its own that gates the publishers,
which is all there is to "exactly once, in order, in parallel". A ring is finite, so the slowest handler holds up the
publishers when it is a whole ring behind; the other handlers go on with whatever is published.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from ringbuffer.errors import InsufficientCapacityError, ProducerThreadError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.bus.base import BusBase
from ringbuffer.messaging.bus.feed import Feed, LoopThread, TaskFeed
from ringbuffer.messaging.bus.receiver import Receiver, Sieve
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.options import ProducerMode, WaitStrategyKind, make_wait_strategy
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.processors import BatchEventProcessor
from ringbuffer.producer.values import PublishValue
from ringbuffer.ring_buffer import ProducerType, RingBuffer
from ringbuffer.sequence import Sequence

#: Slots in the ring, unless it is told otherwise.
DEFAULT_BUFFER_SIZE: Final = 4096
#: The most events that a handler gets before its sequence advances, and publishers may have their slots.
LARGEST_BATCH: Final = 256


class RingBufferEventBus(BusBase):
    """An event bus over a ring. Any thread. What it does is said in `EventBus`.

    Args:
        buffer_size: slots in the ring, a power of two: how far the slowest handler may be behind.
        wait_strategy: how handlers wait for events. Sleeping and spinning ones keep a thread for each handler busy.
        producer_mode: whether one thread publishes or several. With a single one nothing can be retried later or replayed,
            since another thread would publish what comes back.
        pipeline: the stages around every handler that brings none of its own.
        name: of the bus, and of its threads.
        memory: what provides cells, flags and slots.
        host: what provides locks, threads and time.

    Raises:
        ValueError: `buffer_size` is not a power of two.
        TypeError: an argument is of another type.
    """

    def __init__(
        self,
        buffer_size: int = DEFAULT_BUFFER_SIZE,
        *,
        wait_strategy: WaitStrategyKind = WaitStrategyKind.LITE_BLOCKING,
        producer_mode: ProducerMode = ProducerMode.MULTI,
        pipeline: Pipeline | None = None,
        name: str = "event bus",
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(name, pipeline, host)
        if not isinstance(producer_mode, ProducerMode):
            raise TypeError(f"producer_mode must be a ProducerMode, not {producer_mode!r}")
        strategy = make_wait_strategy(wait_strategy, memory=memory, host=host)
        kind = ProducerType.SINGLE if producer_mode is ProducerMode.SINGLE else ProducerType.MULTI
        self._ring: Final = _Ring.of_values(buffer_size, kind, strategy, memory=memory, host=host)
        self._own: Final = _Own()
        self._batch: Final = max(1, min(LARGEST_BATCH, buffer_size // 2))

    @property
    def ring(self) -> RingBuffer[Any]:
        """The ring, to look at."""
        return self._ring

    def _offer(self, item: object) -> bool:
        try:
            self._ring.producer().try_publish_value(item)
        except InsufficientCapacityError:
            return False
        return True

    def _put(self, item: object, timeout: float | None) -> None:
        put = self._own.put or self._new_own_put()
        try:
            put(item, timeout)
        except ProducerThreadError:
            # The thread has released its producer, perhaps: it gets a new one, or the error again. Nothing was claimed.
            self._new_own_put()(item, timeout)

    def _new_own_put(self) -> PublishValue:
        """What `producer()` and its attribute are, kept for the calling thread."""
        put = self._own.put = self._ring.producer().publish_value
        return put

    def _own_put(self) -> Callable[[object, float | None], object]:
        return self._ring.producer().publish_value

    def _put_all(self, items: Iterable[object], timeout: float | None) -> int:
        return self._ring.producer().publish_values(items, timeout)

    def _feed_for(self, subscription: Subscription) -> Feed:
        if subscription.is_asynchronous:
            return _StreamFeed(subscription, self._ring, self._batch, self._loop, self._host)
        return _ProcessorFeed(subscription, self._ring, self._batch)

    def _changed(self) -> None:
        """A handler's sequence gates the publishers from when its feed is made until that is detached."""

    def _shut(self) -> None:
        self._ring.close(BusClosedError(f"{self._name!r} is closed, and takes no more events"))

    def _published(self) -> int:
        return self._ring.sequencer.published() + 1


class _Own(threading.local):
    """What each thread that publishes has of its own."""

    def __init__(self) -> None:
        self.put: PublishValue | None = None


class _Ring(RingBuffer[Any]):
    """A ring whose consumers do not depend on each other: when one of them advances, none of the others needs to wake up.

    With a hundred handlers that is most of what they would do.
    """

    def on_advance(self) -> Callable[[], None] | None:
        """What releases the slots; nothing that signals."""
        assert self._release is not None, "a ring of values"
        return self._release.releaser()


class _Position:
    """How far a handler has come in the ring. Any thread."""

    def __init__(self, ring: RingBuffer[Any], sequence: Sequence, sieve: Sieve) -> None:
        self._sieve: Final = sieve
        self._ring: Final = ring
        self._sequence: Final = sequence

    @property
    def waiting(self) -> int:
        """See `Feed`."""
        return max(0, self._ring.sequencer.published() - self._sequence.get())

    def mark(self) -> int:
        """See `Feed`."""
        return self._ring.sequencer.claimed

    def has_passed(self, mark: int) -> bool:
        """See `Feed`."""
        return self._sequence.get() >= mark

    def end_at(self, mark: int) -> None:
        """See `Feed`."""
        self._sieve.last = mark

    def blocks(self) -> bool:
        """See `Feed`."""
        return self._sequence.get() + self._ring.buffer_size <= self._ring.cursor

    def detach(self) -> None:
        """See `Feed`."""
        self._ring.remove_gating_sequence(self._sequence)


class _ProcessorFeed(_Position):
    """A plain handler: a processor with a thread of its own."""

    def __init__(self, subscription: Subscription, ring: RingBuffer[Any], batch: int) -> None:
        self._receiver: Final = Receiver(subscription)
        self._processor: Final = BatchEventProcessor(
            ring, ring.new_barrier(), self._receiver, name=subscription.name, max_batch_size=batch
        )
        super().__init__(ring, self._processor.sequence, self._receiver)
        self.sieve: Final = self._receiver
        self.start: Final = self._processor.start
        self.stop: Final = self._processor.halt
        self.join: Final = self._processor.join

    def abort(self) -> None:
        """A thread cannot be cancelled."""


class _StreamFeed(TaskFeed, _Position):
    """A coroutine function: a stream of the ring, in a task of the bus's loop."""

    def __init__(self, subscription: Subscription, ring: RingBuffer[Any], batch: int, loop: LoopThread, host: Host) -> None:
        stream = ring.stream(max_batch_size=batch)
        TaskFeed.__init__(self, subscription, stream, loop, host)
        _Position.__init__(self, ring, stream.sequence, self.sieve)
