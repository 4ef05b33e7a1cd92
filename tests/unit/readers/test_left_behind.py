"""A stream is left behind while threads are short: it gates producers only until one waits."""

import asyncio
import gc
from typing import Any

import pytest

from ringbuffer import ProducerType, RingBuffer
from tests.support.short_system import ShortSystem
from tests.support.threads import PATIENCE


@pytest.mark.parametrize("kind", list(ProducerType))
def test_a_producer_that_waits_for_room_ends_it(
    kind: ProducerType, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = ShortSystem(monkeypatch)
    ring: RingBuffer[Any] = RingBuffer.of_values(4, kind, memory=system.memory, host=system.host)
    producer = ring.producer()

    async def leave_behind() -> None:
        stream = ring.stream()
        producer.publish_value("first")
        assert await anext(stream) == ["first"]

    with system.short_of("thread", 0):
        asyncio.run(leave_behind())
        gc.collect()
        assert system.refused == 1
        assert len(ring.gating_sequences) == 1
        assert producer.publish_values(range(100), timeout=PATIENCE) == 100
    assert not ring.gating_sequences
    state = ring.sequencer.state
    assert (state.consumers(), state._listeners, state.ends) == ({}, (), [])
