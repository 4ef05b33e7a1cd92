"""`RingBufferQueue` against `ChannelQueue`, throughput.

    P -- sender() --> [ queue of envelopes ] --> handler of a consumer

One program runs in both modes of a queue; only an option differs. Envelopes are made in advance.
"""

import itertools

from benchmarks.envelopes import MESSAGES, OPTIONS
from ringbuffer.messaging import InMemoryQueueOptions, TransportEnvelope, create_queue
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.programs.bench.verify import payload, verify


def ours(count: int, options: InMemoryQueueOptions) -> Measurement:
    """One run of a queue."""
    values = payload(count)
    seen = bytearray()

    def handle(envelope: TransportEnvelope) -> None:
        seen.append(envelope.priority)

    queue = create_queue(options)
    queue.add_consumer(handle)

    def producer() -> None:
        send = queue.sender()
        for envelope in itertools.islice(itertools.cycle(MESSAGES), count):
            send(envelope)

    with queue:
        elapsed = together(producer, finish=lambda: queue.close(timeout=DEADLINE_SECONDS))
    verify(type(queue).__name__, seen, values)
    return elapsed.run(count)


def contender(name: str, options: InMemoryQueueOptions) -> Contender:
    """One mode; the queue in Channel mode is what the ring is compared with."""
    role = Role.PEER if name == "ChannelQueue" else Role.OURS
    return Contender(name, lambda count: ours(count, options), role)


def scenario() -> Scenario:
    """Both modes."""
    return Scenario(
        "queue_modes",
        __doc__,
        "rate",
        tuple(contender(name, options) for name, options in OPTIONS.items()),
    )
