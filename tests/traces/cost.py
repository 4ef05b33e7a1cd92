"""The cost of tracing, and of tracing that is off: processor time of an event through a ring.

One thread claims, writes, publishes, and then looks for what is available, reads it and advances,
16 at a time. Each way is measured several times, in turns, and the fastest counts: whatever else
the machine does can only add.
"""

import time
from typing import Any, Final

from ringbuffer import ProducerType, RingBuffer, Sequence
from ringbuffer.memory import ProcessMemory
from ringbuffer.producer import producer_ops
from tests.traces.memory import Event, TracedMemory

ROUNDS: Final = 15
LAPS: Final = 2_000
SIZE: Final = 16


def measured() -> dict[str, dict[str, float]]:
    """For each sequencer, nanoseconds an event: default memory, a given one, a traced one."""
    return {kind.name.lower(): _of(kind) for kind in (ProducerType.SINGLE, ProducerType.MULTI)}


def _of(kind: ProducerType) -> dict[str, float]:
    ways: dict[str, dict[str, Any]] = {
        "as it comes": {},
        "ProcessMemory given": {"memory": ProcessMemory()},
        "as it comes, again": {},
        "TracedMemory": {"memory": TracedMemory()},
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, options in ways.items():
            best[name] = min(best[name], _nanoseconds(RingBuffer(SIZE, Event, kind, **options)))
            if isinstance(options.get("memory"), TracedMemory):
                options["memory"].log().clear()
    return best


def _nanoseconds(ring: RingBuffer[Any]) -> float:
    gate = Sequence(memory=ring.memory)
    ring.add_gating_sequences(gate)
    waiting, own = ring.new_barrier().view(), gate.view().word
    producer, slots = producer_ops(ring.sequencer), ring.slots.view()
    claim, publish, mask = producer.next, producer.publish, SIZE - 1
    started = time.thread_time_ns()
    sequence = 0
    for _ in range(LAPS):
        for _ in range(SIZE):
            high = claim()
            slots[high & mask].write(high)
            publish(high)
        available = waiting.wait_for(sequence)
        while sequence <= available:
            slots[sequence & mask].read()
            sequence += 1
        own[0] = available
    return (time.thread_time_ns() - started) / (LAPS * SIZE)


def tell() -> None:
    """Print it."""
    for kind, ways in measured().items():
        for name, nanoseconds in ways.items():
            print(f"{kind:7} {name:20} {nanoseconds:>7.0f} ns an event")
