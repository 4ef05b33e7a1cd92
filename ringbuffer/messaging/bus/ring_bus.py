"""`RingBufferEventBus`: one ring of events, with every handler as a consumer of it.

                            .--> threads of A, B, C, ...   functions share a few threads; each sees
    publishers --> [ ring ] +--> processor of handler D    the order of the ring; one that blocks
                            '--> stream, task of E         has its own; E is a coroutine function

An event is published once for any number of handlers. Each handler has its own sequence, which
gates the publishers. That alone gives "exactly once, in order, in parallel". A ring is finite, so
publishers wait for the slowest handler when it is a whole ring behind. The other handlers continue
with the published events.
"""

from typing import Any, Final

from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.bus.bus_handlers import BusHandlers
from ringbuffer.messaging.bus.composed_bus import ComposedEventBus
from ringbuffer.messaging.bus.transports.bus_ring import BusRing
from ringbuffer.messaging.bus.transports.ring_transport import RingTransport
from ringbuffer.messaging.options import (
    DEFAULT_BUS_BUFFER_SIZE,
    ProducerMode,
    WaitStrategyKind,
    check_runners,
    make_wait_strategy,
)
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequencer import ProducerType


class RingBufferEventBus(ComposedEventBus):
    """An event bus over a ring. Any thread. `EventBus` describes its methods.

    Args:
        buffer_size: slots in the ring, a power of two: how far the slowest handler may be behind.
        wait_strategy: how a thread waits for events. Sleeping and spinning strategies keep it
            busy; of the threads that handlers share, one waits.
        producer_mode: whether one thread publishes, or several. With a single producer, no event
            can be retried later or replayed, because another thread would publish it again.
        pipeline, name, grace, drain_at_exit: see `create_event_bus`.
        runners: the most threads that call functions, without those that block; None is one for
            each processor core, and 0 gives each function a thread of its own.
        memory: what provides cells, flags and slots.
        host: what provides locks, threads and time.

    Raises:
        ValueError: `buffer_size` is not a power of two, or `runners` is negative.
        TypeError: an argument has another type.
    """

    def __init__(
        self,
        buffer_size: int = DEFAULT_BUS_BUFFER_SIZE,
        *,
        wait_strategy: WaitStrategyKind = WaitStrategyKind.ADAPTIVE,
        producer_mode: ProducerMode = ProducerMode.MULTI,
        pipeline: Pipeline | None = None,
        name: str = "event bus",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        runners: int | None = None,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if not isinstance(producer_mode, ProducerMode):
            raise TypeError(f"producer_mode must be a ProducerMode, not {producer_mode!r}")
        strategy = make_wait_strategy(wait_strategy, memory=memory, host=host)
        # As long as one thread publishes, it claims without a compare-and-swap.
        kind = ProducerType.SINGLE if producer_mode is ProducerMode.SINGLE else ProducerType.AUTO
        handlers = BusHandlers(self, name, host)
        self._ring: Final = BusRing.of_values(buffer_size, kind, strategy, memory=memory, host=host)
        transport = RingTransport(self._ring, name, handlers.loop, check_runners(runners))
        super().__init__(handlers, transport, pipeline, grace, drain_at_exit)

    @property
    def buffer_size(self) -> int:
        """How many events the slowest handler may be behind."""
        return self._ring.buffer_size

    @property
    def ring(self) -> RingBuffer[Any]:
        """The ring, for observers."""
        return self._ring
