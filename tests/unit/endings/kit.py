"""Everything that ends with a `with` block, with handlers that wait until they may go on."""

import threading
from collections.abc import Callable
from typing import Any

from ringbuffer import Disruptor
from ringbuffer.messaging import TransportEnvelope, create_queue, use_in_memory_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from tests.support.threads import PATIENCE

#: How many events each test publishes.
EVENTS = 5


class Held:
    """A handler that waits in each event until it is let go on."""

    def __init__(self) -> None:
        self.__qualname__ = "held"
        self.handled = 0
        self.entered, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, *event: object) -> None:
        self.entered.set()
        assert self.may_go_on.wait(PATIENCE)
        self.handled += 1


def disruptor(handler: Held, **options: Any) -> tuple[Any, Callable[[], object]]:
    made = Disruptor.of_values(16, name="subject", **options)
    made.handle_events_with(handler)
    return made, lambda: made.publish_values(range(EVENTS))


def bus(kind: type[ChannelEventBus | RingBufferEventBus]) -> Any:
    def make(handler: Held, **options: Any) -> tuple[Any, Callable[[], object]]:
        made = kind(16, name="subject", **options)
        made.subscribe(int, handler)
        return made, lambda: made.publish_all(list(range(EVENTS)))

    return make


def queue(is_ring: bool) -> Any:
    def make(handler: Held, **options: Any) -> tuple[Any, Callable[[], object]]:
        chosen = use_in_memory_queue(
            lambda builder: builder.use_ring_buffer_mode() if is_ring else builder
        )
        made = create_queue(chosen, name="subject", **options)
        made.add_consumer(handler, name="held")
        return made, lambda: [made.enqueue_sync(TransportEnvelope("t", b"")) for _ in range(EVENTS)]

    return make


SUBJECTS = {
    "disruptor": disruptor,
    "channel bus": bus(ChannelEventBus),
    "ring bus": bus(RingBufferEventBus),
    "channel queue": queue(False),
    "ring queue": queue(True),
}
