"""A stream or a poller that nothing refers to any more gates no producer."""

import asyncio
import gc
from typing import Any

import pytest

from ringbuffer import ProducerType, RingBuffer
from tests.interrupts.hosts import until
from tests.support.short_system import ShortSystem
from tests.support.threads import PATIENCE


@pytest.mark.parametrize("kind", list(ProducerType))
def test_a_producer_that_waits_for_capacity_ends_a_stream_while_threads_are_short(
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


@pytest.mark.parametrize("kind", list(ProducerType))
def test_a_producer_that_waits_for_capacity_ends_a_poller_while_threads_are_short(
    kind: ProducerType, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = ShortSystem(monkeypatch)
    ring: RingBuffer[Any] = RingBuffer.of_values(4, kind, memory=system.memory, host=system.host)
    poller = ring.poller()
    ring.publish_value("first")
    with system.short_of("thread", 0):
        del poller
        gc.collect()
        assert system.refused == 1
        assert len(ring.gating_sequences) == 1
        assert ring.publish_values(range(100), timeout=PATIENCE) == 100
    assert not ring.gating_sequences
    assert not ring.sequencer.state.ends


def test_a_poller_that_is_lost_ends_although_no_producer_waits() -> None:
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    assert next(ring.poller().take(), None) is None
    gc.collect()
    until(lambda: not ring.gating_sequences and not ring.sequencer.state.ends, "the poller ends")


def test_a_poller_that_is_closed_leaves_nothing_to_end() -> None:
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    for _ in range(3):
        ring.poller().close()
    gc.collect()
    assert not ring.gating_sequences
    assert not ring.sequencer.state.ends


def test_an_interrupted_end_is_called_again() -> None:
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    state = ring.sequencer.state
    interrupts = iter((KeyboardInterrupt,))
    ended: list[str] = []

    def end() -> None:
        for interrupt in interrupts:
            raise interrupt
        ended.append("ended")

    state.ends.append(end)
    with pytest.raises(KeyboardInterrupt):
        state.run_ends()
    state.run_ends()
    assert ended == ["ended"]
    assert not state.ends
