"""What gates a ring by itself cannot be added by hand, which would move it over unread events."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    ClaimTimeoutError,
    Disruptor,
    RingBuffer,
    Sequence,
    SequenceGroup,
    WorkerPool,
)
from tests.support.threads import PATIENCE, Background
from tests.unit.processors.kit import Cell, wait_for_sequence

KINDS = pytest.mark.parametrize("holds_values", [True, False], ids=["values", "events"])


def new_ring(holds_values: bool, size: int = 4) -> RingBuffer[Any]:
    return RingBuffer.of_values(size) if holds_values else RingBuffer(size, Cell)


def publish(ring: RingBuffer[Any], count: int, timeout: float = PATIENCE) -> None:
    for _ in range(count):
        sequence = ring.next(timeout=timeout)
        if ring.holds_values:
            ring[sequence] = sequence
        else:
            ring[sequence].value = sequence
        ring.publish(sequence)


class Slow:
    """Handles nothing until it may; keeps which events it was given, and what was in them."""

    def __init__(self) -> None:
        self.may, self.began = threading.Event(), threading.Event()
        self.seen: list[tuple[int, int]] = []

    def on_event(self, event: Any, sequence: int, end_of_batch: bool) -> None:
        self.began.set()
        assert self.may.wait(PATIENCE)
        self.seen.append((sequence, event if isinstance(event, int) else event.value))


@KINDS
def test_a_running_processor_that_is_added_by_hand_loses_no_event(holds_values: bool) -> None:
    ring, handler = new_ring(holds_values), Slow()
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), handler, max_batch_size=1, name="slow"
    )
    with processor:
        publish(ring, 4)
        assert handler.began.wait(PATIENCE)
        with pytest.raises(ValueError, match="processor 'slow', which gates the ring by itself"):
            ring.add_gating_sequences(processor.sequence)
        assert ring.gating_sequences == (processor.sequence,)
        assert processor.sequence.get() == -1
        with pytest.raises(ClaimTimeoutError):
            ring.next(timeout=0.01)
        handler.may.set()
        later = Background(lambda: publish(ring, 4)).start()
        later.join()
        wait_for_sequence(ring, processor, 7)
    assert handler.seen == [(sequence, sequence) for sequence in range(8)]


def made_by_hand(ring: RingBuffer[Any]) -> Sequence:
    sequence = Sequence()
    ring.add_gating_sequences(sequence)
    return sequence


async def of_a_stream(ring: RingBuffer[Any]) -> None:
    async with ring.stream() as stream:
        check_is_refused(ring, stream.sequence)


def check_is_refused(ring: RingBuffer[Any], sequence: Sequence) -> None:
    """It cannot be added, in whatever way, and neither it nor the members change."""
    publish(ring, 1)
    members, position, free = ring.gating_sequences, sequence.get(), ring.remaining_capacity()
    others = [Sequence(), Sequence()]
    for add in (ring.add_gating_sequences, ring.sequencer.add_gating_sequences):
        with pytest.raises(ValueError, match="give unread events away"):
            add(sequence)
        with pytest.raises(ValueError, match="give unread events away"):
            add(others[0], sequence, others[1])
    assert ring.gating_sequences == members
    assert [sequence.get(), *(other.get() for other in others)] == [position, -1, -1]
    assert ring.remaining_capacity() == free
    ring.add_gating_sequences(*others)
    assert ring.gating_sequences == (*members, *others)


@KINDS
@pytest.mark.parametrize(
    "make",
    [
        made_by_hand,
        lambda ring: BatchEventProcessor(ring, ring.new_barrier(), print),
        lambda ring: WorkerPool(ring, [Slow(), Slow()]),
        lambda ring: WorkerPool(ring, [Slow()]).workers[0],
        lambda ring: ring.poller(),
    ],
    ids=["by hand", "processor", "pool", "worker", "poller"],
)
def test_what_gates_already_is_refused_and_nothing_is_moved(
    holds_values: bool, make: Callable[[RingBuffer[Any]], Any]
) -> None:
    ring = new_ring(holds_values)
    made = make(ring)
    check_is_refused(ring, made if isinstance(made, Sequence) else made.sequence)


@KINDS
def test_the_sequence_of_a_stream_is_refused_too(holds_values: bool) -> None:
    asyncio.run(of_a_stream(new_ring(holds_values)))


def test_the_consumers_of_a_disruptor_are_refused_too() -> None:
    disruptor = Disruptor(Cell, 8)
    first, second = Slow(), Slow()
    disruptor.handle_events_with(first).then_handle_events_with_worker_pool(second)
    for handler in (first, second):
        check_is_refused(disruptor.ring, disruptor.sequence_of(handler))


@KINDS
def test_the_same_sequence_twice_in_one_call_is_refused(holds_values: bool) -> None:
    ring, sequence = new_ring(holds_values), Sequence(7)
    with pytest.raises(ValueError, match="named twice"):
        ring.add_gating_sequences(sequence, Sequence(), sequence)
    assert ring.gating_sequences == ()
    assert sequence.get() == 7


@KINDS
def test_a_sequence_gates_one_ring_at_a_time(holds_values: bool) -> None:
    first, second = new_ring(holds_values), new_ring(holds_values)
    publish(second, 3)
    sequence = made_by_hand(first)
    with pytest.raises(ValueError, match="gates a ring already"):
        second.add_gating_sequences(sequence)
    assert sequence.get() == -1
    assert first.remove_gating_sequence(sequence)
    second.add_gating_sequences(sequence)
    assert sequence.get() == 2


@KINDS
def test_something_else_than_a_sequence_is_refused_before_anything_gates(
    holds_values: bool,
) -> None:
    ring = new_ring(holds_values)
    processor: Any = BatchEventProcessor(ring, ring.new_barrier(), print)
    with pytest.raises(TypeError, match="only sequences gate a ring"):
        ring.add_gating_sequences(Sequence(), processor)
    assert ring.gating_sequences == (processor.sequence,)


@KINDS
def test_a_removed_sequence_is_gone(holds_values: bool) -> None:
    ring = new_ring(holds_values, 2)
    sequence = made_by_hand(ring)
    assert ring.remove_gating_sequence(sequence)
    assert not ring.remove_gating_sequence(sequence)
    publish(ring, 6)
    ring.add_gating_sequences(sequence)
    assert sequence.get() == 5


def test_a_processor_that_does_not_gate_may_be_added_until_it_runs() -> None:
    ring, handler = new_ring(False), Slow()
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, gating=False, name="late")
    ring.add_gating_sequences(processor.sequence)
    assert ring.remove_gating_sequence(processor.sequence)
    with processor:
        publish(ring, 2)
        assert handler.began.wait(PATIENCE)
        with pytest.raises(ValueError, match="belongs to the processor 'late'"):
            ring.add_gating_sequences(processor.sequence)
        assert processor.sequence.get() == -1
        handler.may.set()
    ring.add_gating_sequences(processor.sequence)


def test_two_processors_cannot_advance_one_sequence() -> None:
    ring = new_ring(False)
    first = BatchEventProcessor(ring, ring.new_barrier(), print, name="first")
    with pytest.raises(
        ValueError, match="processor 'first'; two processors cannot advance one sequence"
    ):
        BatchEventProcessor(ring, ring.new_barrier(), print, sequence=first.sequence)


def test_a_group_that_only_reads_takes_what_gates() -> None:
    ring = new_ring(False)
    processor = BatchEventProcessor(ring, ring.new_barrier(), print)
    group = SequenceGroup(processor.sequence)
    group.add(processor.sequence)
    assert group.get() == -1
    assert group.remove(processor.sequence)
    assert group.members == ()
    assert ring.gating_sequences == (processor.sequence,)
    with pytest.raises(ValueError, match="gates the ring by itself"):
        ring.add_gating_sequences(processor.sequence)
