"""Batches of 64 through a queue of messages, against single messages, throughput.

    P == enqueue_many, 64 at a time ==> [ queue ] == on_batch, at most 64 ==> a handler of batches
    P -- sender() -------------------> [ queue ] -------------------------> a handler of messages

Both modes of the queue. Envelopes are made in advance.
"""

import itertools

from benchmarks.envelopes import MESSAGES, OPTIONS
from benchmarks.scenarios.queue_modes import ours as single_messages
from ringbuffer.messaging import InMemoryQueueOptions, TransportEnvelope, create_queue
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.programs.bench.verify import payload, verify

BATCH = 64


def batches(count: int, options: InMemoryQueueOptions) -> Measurement:
    """One run of a queue with batches. The handler keeps them; they are read after the run."""
    values = payload(count)
    seen: list[list[TransportEnvelope]] = []
    queue = create_queue(options)
    queue.add_consumer(seen.append, max_batch_size=BATCH)

    def producer() -> None:
        enqueue_many = queue.enqueue_many
        envelopes = itertools.islice(itertools.cycle(MESSAGES), count)
        while chunk := list(itertools.islice(envelopes, BATCH)):
            enqueue_many(chunk)

    with queue:
        elapsed = together(producer, finish=lambda: queue.close(timeout=DEADLINE_SECONDS))
    verify(
        type(queue).__name__, bytearray(each.priority for batch in seen for each in batch), values
    )
    return elapsed.run(count)


def contenders(name: str, options: InMemoryQueueOptions) -> tuple[Contender, Contender]:
    """One mode of the queue: with batches, and without."""
    return (
        Contender(f"{name}, batches of {BATCH}", lambda count: batches(count, options)),
        Contender(name, lambda count: single_messages(count, options), Role.PEER),
    )


def scenario() -> Scenario:
    """Both modes, each with batches and without."""
    return Scenario(
        "queue_batches",
        __doc__,
        "rate",
        tuple(each for name, options in OPTIONS.items() for each in contenders(name, options)),
    )
