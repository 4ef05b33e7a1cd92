"""Rings that calls are made on, and what must hold of them afterwards."""

import gc
from collections.abc import Iterable
from typing import Any, Protocol

from ringbuffer import BlockingWaitStrategy, RingBuffer, Sequence
from ringbuffer.host import Host
from tests.interrupts.call import require
from tests.interrupts.hosts import until

SIZE = 8


class Consumes(Protocol):
    """A processor or a pool."""

    @property
    def sequence(self) -> Sequence: ...


def ring_of_values(host: Host) -> RingBuffer[Any]:
    """A ring of any objects, whose consumers sleep by that host."""
    return RingBuffer.of_values(SIZE, wait_strategy=BlockingWaitStrategy(host=host), host=host)


def are_all_that_gate(ring: RingBuffer[Any], consumers: Iterable[Consumes]) -> None:
    """What was made gates the ring; what was not made, or was lost, soon leaves nothing there."""
    expected = tuple(each.sequence for each in consumers)
    gc.collect()
    until(
        lambda: ring.gating_sequences == expected, f"{ring.gating_sequences} gate, not {expected}"
    )


def no_thread_consumes(ring: RingBuffer[Any]) -> None:
    require(not ring.sequencer.state.consumers(), "no thread is noted as a consumer")


def is_empty(ring: RingBuffer[Any]) -> None:
    free = ring.remaining_capacity()
    require(free == ring.buffer_size, f"{free} of {ring.buffer_size} slots are free")
