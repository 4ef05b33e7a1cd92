"""A consumer that nothing refers to any more gates no producer, unless it was started before."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, WorkerPool
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.sequencer.lost import Lost
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


@pytest.mark.parametrize(
    "make",
    [
        lambda ring: BatchEventProcessor(ring, ring.new_barrier(), print),
        lambda ring: WorkerPool(ring, [print, print]),
    ],
    ids=["processor", "pool"],
)
def test_a_consumer_that_was_never_started_and_is_lost_gates_no_longer(
    make: Callable[[RingBuffer[Any]], Any],
) -> None:
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    make(ring)
    gc.collect()
    until(lambda: not ring.gating_sequences, "it is gone")
    assert ring.publish_values(range(100), timeout=PATIENCE) == 100


@pytest.mark.parametrize(
    "make",
    [
        lambda ring: BatchEventProcessor(ring, ring.new_barrier(), print),
        lambda ring: WorkerPool(ring, [print, print]),
    ],
    ids=["processor", "pool"],
)
def test_a_consumer_that_was_started_gates_although_it_is_lost(
    make: Callable[[RingBuffer[Any]], Any],
) -> None:
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    consumer = make(ring)
    consumer.start()
    assert consumer.close(PATIENCE)
    del consumer
    gc.collect()
    assert len(ring.gating_sequences) == 1
    assert not ring.sequencer.state.ends


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

    state.ends.append(Lost.watch(print, end, 0, print))
    with pytest.raises(KeyboardInterrupt):
        state.run_ends()
    state.run_ends()
    assert ended == ["ended"]
    assert not state.ends


@pytest.mark.parametrize("raised", [KeyboardInterrupt, MemoryError])
def test_a_poller_is_ended_although_the_finalizer_was_interrupted(
    raised: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise raised

    ignored: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", ignored.append)
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    poller = ring.poller()
    state = ring.sequencer.state
    monkeypatch.setattr(type(SYSTEM_HOST), "start_thread", interrupted)
    del poller
    gc.collect()
    monkeypatch.undo()
    assert len(ignored) == (raised is KeyboardInterrupt)
    assert len(state.ends) == len(ring.gating_sequences) == 1
    assert ring.publish_values(range(100), timeout=PATIENCE) == 100
    assert (state.ends, state.watched) == ([], {})


def test_a_poller_is_ended_although_the_finalizer_did_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if an interrupt had come at its entry."""
    ring: RingBuffer[Any] = RingBuffer.of_values(4)
    monkeypatch.setattr(weakref.finalize, "__call__", lambda self, reference=None: None)
    poller = ring.poller()
    del poller
    gc.collect()
    monkeypatch.undo()
    assert ring.publish_values(range(100), timeout=PATIENCE) == 100
    assert not ring.gating_sequences
