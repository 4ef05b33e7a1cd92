"""The messages of the scenarios of `ringbuffer.messaging`; runs do not measure their creation."""

from typing import Final

from ringbuffer.messaging import (
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
)
from ringbuffer.programs.bench.rings import CAPACITY
from ringbuffer.programs.bench.verify import PAYLOAD

#: A message for each value of the payload, which it carries as its priority.
ENVELOPES: Final = {
    value: TransportEnvelope("benchmark", bytes([value]), priority=value) for value in PAYLOAD
}

#: More messages than a queue holds, with the values of the payload in turn. So no two threads count
#: the references of one of them at the same time, as where each is made anew.
MESSAGES: Final = [
    TransportEnvelope("benchmark", bytes([value]), priority=value)
    for _ in range(2 * CAPACITY // len(PAYLOAD) + 1)
    for value in PAYLOAD
]

#: The queues that are compared. The ring waits as in the other scenarios; the defaults are there
#: too.
OPTIONS: Final = {
    "ChannelQueue": InMemoryQueueOptions(buffer_size=CAPACITY),
    "RingBufferQueue": InMemoryQueueOptions(
        QueueMode.RING_BUFFER,
        CAPACITY,
        wait_strategy=WaitStrategyKind.YIELDING,
        producer_mode=ProducerMode.SINGLE,
    ),
    "RingBufferQueue, defaults": InMemoryQueueOptions(QueueMode.RING_BUFFER, CAPACITY),
}
