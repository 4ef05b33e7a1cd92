"""What a claim and a publication cost, in operations."""

import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    InsufficientCapacityError,
    MultiProducerSequencer,
    RingBufferClosedError,
    Sequence,
    SingleProducerSequencer,
)
from tests.support.counting import CountingMemory
from tests.support.scripted_host import ScriptedHost


def test_a_single_producer_uses_no_read_modify_write_but_a_fence_for_each_look_at_its_consumers() -> None:
    memory = CountingMemory()
    consumer = Sequence()
    host = ScriptedHost(lambda number: consumer.set(consumer.get() + 1))
    sequencer = SingleProducerSequencer(8, BusySpinWaitStrategy(), memory=memory, host=host)
    sequencer.add_gating_sequences(consumer)
    barrier = sequencer.producer_barrier()
    memory.counts.clear()
    for batch in [1, 2, 3, 8, 5] * 20:
        high = barrier.next(batch)
        barrier.publish(high - batch + 1, high)
    barrier.publish(barrier.try_next(1) if sequencer.has_available_capacity(1) else barrier.next())
    assert host.pauses > 0
    assert memory.counts["load"] > 0
    looks = memory.counts["fetch_add"]
    assert 0 < looks < memory.counts["load"]
    assert memory.read_modify_writes() == looks


def test_a_single_producer_loads_one_word_and_stores_one_for_an_event() -> None:
    memory = CountingMemory()
    sequencer = SingleProducerSequencer(64, BusySpinWaitStrategy(), memory=memory)
    sequencer.add_gating_sequences(Sequence())
    barrier = sequencer.producer_barrier()
    memory.counts.clear()
    for _ in range(50):
        barrier.publish(barrier.next())
    assert memory.counts == {"load": 50, "store": 50}


def test_a_loop_costs_a_single_producer_the_same_and_one_of_several_one_compare_and_set() -> None:
    for kind, costs in (
        (SingleProducerSequencer, {"load": 50, "store": 50}),
        (MultiProducerSequencer, {"compare_and_set": 50}),
    ):
        memory = CountingMemory()
        sequencer = kind(64, BusySpinWaitStrategy(), memory=memory)
        sequencer.add_gating_sequences(Sequence())
        pairs = sequencer.producer_barrier().publish_each([None] * 64, range(51))
        next(pairs)
        memory.counts.clear()
        for _ in range(50):
            next(pairs)
        assert {name: memory.counts[name] for name in costs} == costs
        assert memory.read_modify_writes() == costs.get("compare_and_set", 0)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_multi_producer_uses_one_compare_and_set_for_a_claim(batch: int) -> None:
    memory = CountingMemory()
    sequencer = MultiProducerSequencer(256, BusySpinWaitStrategy(), memory=memory)
    sequencer.add_gating_sequences(Sequence())
    barrier = sequencer.producer_barrier()
    memory.counts.clear()
    for _ in range(50):
        high = barrier.next(batch)
        barrier.publish(high - batch + 1, high)
    assert memory.counts["compare_and_set"] == memory.read_modify_writes() == 50


def test_a_refused_claim_uses_no_compare_and_set() -> None:
    memory = CountingMemory()
    sequencer = MultiProducerSequencer(2, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost())
    sequencer.add_gating_sequences(Sequence())
    barrier = sequencer.producer_barrier()
    barrier.publish(0, barrier.next(2))
    memory.counts.clear()
    with pytest.raises(TimeoutError):
        barrier.next(timeout=1)
    assert memory.counts["compare_and_set"] == 0
    assert memory.read_modify_writes() == memory.counts["fetch_add"], "nothing but the looks for room"


def test_a_lost_compare_and_set_confirms_the_capacity_again() -> None:
    # The plan's loop went on to the compare-and-set with a capacity that somebody else had taken meanwhile.
    class Losing(CountingMemory):
        """Lets another producer take the last slot just before the first compare-and-set."""

        def note(self, kind: str) -> None:
            super().note(kind)
            if kind == "compare_and_set" and self.counts[kind] == 1:
                other.publish(other.next())

    memory = Losing()
    sequencer = MultiProducerSequencer(1, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost())
    sequencer.add_gating_sequences(Sequence())
    other, barrier = sequencer.producer_barrier(), sequencer.producer_barrier()
    with pytest.raises(TimeoutError):
        barrier.next(timeout=1)
    assert sequencer.claimed == 0
    assert sequencer.published_view().get() == 0


def test_a_multi_producer_uses_one_compare_and_set_for_a_claim_that_does_not_wait() -> None:
    memory, consumer = CountingMemory(), Sequence()
    sequencer = MultiProducerSequencer(8, BusySpinWaitStrategy(), memory=memory)
    sequencer.add_gating_sequences(consumer)
    barrier = sequencer.producer_barrier()
    memory.counts.clear()
    claims = [1, 3, 8, 5, 2] * 20  # across the end of the ring, again and again
    for n in claims:
        high = barrier.try_next(n)
        barrier.publish(high - n + 1, high)
        consumer.set(high)
    assert memory.counts["compare_and_set"] == len(claims)
    assert memory.read_modify_writes() == len(claims) + memory.counts["fetch_add"]
    assert memory.counts["fetch_add"] <= len(claims)


def test_a_claim_that_waited_uses_one_compare_and_set_too() -> None:
    memory, consumer = CountingMemory(), Sequence()
    host = ScriptedHost(lambda number: consumer.set(0) if number == 120 else None)
    sequencer = MultiProducerSequencer(1, BusySpinWaitStrategy(), memory=memory, host=host)
    sequencer.add_gating_sequences(consumer)
    barrier = sequencer.producer_barrier()
    barrier.publish(barrier.next())
    memory.counts.clear()
    assert barrier.next() == 1
    assert host.pauses == 120
    assert memory.counts["compare_and_set"] == 1
    assert memory.read_modify_writes() == 1 + memory.counts["fetch_add"], "and the fence of each look for room"


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_single_producer_uses_none_but_that_fence_when_it_is_refused_or_closed(size: int) -> None:
    memory = CountingMemory()
    sequencer = SingleProducerSequencer(size, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost())
    sequencer.add_gating_sequences(Sequence())
    barrier = sequencer.producer_barrier()
    memory.counts.clear()
    barrier.publish(0, barrier.next(size))
    with pytest.raises(TimeoutError):
        barrier.next(timeout=0.01)
    with pytest.raises(InsufficientCapacityError):
        barrier.try_next()
    sequencer.close()
    with pytest.raises(RingBufferClosedError):
        barrier.next()
    assert memory.read_modify_writes() == memory.counts["fetch_add"]
