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
from ringbuffer.producer import producer_ops
from tests.support.counting import CountingMemory
from tests.support.scripted_host import ScriptedHost


def test_a_single_producer_fences_once_for_each_look_at_its_consumers_and_swaps_nothing() -> None:
    memory = CountingMemory()
    consumer = Sequence()
    host = ScriptedHost(lambda number: consumer.set(consumer.get() + 1))
    sequencer = SingleProducerSequencer(8, BusySpinWaitStrategy(), memory=memory, host=host)
    sequencer.add_gating_sequences(consumer)
    ops = producer_ops(sequencer)
    memory.counts.clear()
    for batch in [1, 2, 3, 8, 5] * 20:
        high = ops.next(batch)
        ops.publish(high - batch + 1, high)
    ops.publish(ops.try_next(1) if sequencer.has_available_capacity(1) else ops.next())
    assert host.pauses > 0
    assert memory.counts["load"] > 0
    looks = memory.counts["fetch_add"]
    assert 0 < looks < memory.counts["load"]
    assert memory.read_modify_writes() == looks


def test_a_single_producer_loads_one_word_and_stores_one_for_an_event() -> None:
    memory = CountingMemory()
    sequencer = SingleProducerSequencer(64, BusySpinWaitStrategy(), memory=memory)
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    memory.counts.clear()
    for _ in range(50):
        ops.publish(ops.next())
    assert memory.counts == {"load": 50, "store": 50}


def test_a_loop_costs_a_single_producer_the_same_and_one_of_several_one_compare_and_set() -> None:
    for kind, costs in (
        (SingleProducerSequencer, {"load": 50, "store": 50}),
        (MultiProducerSequencer, {"compare_and_set": 50}),
    ):
        memory = CountingMemory()
        sequencer = kind(64, BusySpinWaitStrategy(), memory=memory)
        sequencer.add_gating_sequences(Sequence())
        pairs = producer_ops(sequencer).publish_each([None] * 64, range(51))
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
    ops = producer_ops(sequencer)
    memory.counts.clear()
    for _ in range(50):
        high = ops.next(batch)
        ops.publish(high - batch + 1, high)
    assert memory.counts["compare_and_set"] == memory.read_modify_writes() == 50


def test_a_refused_claim_uses_no_compare_and_set() -> None:
    memory = CountingMemory()
    sequencer = MultiProducerSequencer(
        2, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost()
    )
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(2))
    memory.counts.clear()
    with pytest.raises(TimeoutError):
        ops.next(timeout=1)
    assert memory.counts["compare_and_set"] == 0
    assert memory.read_modify_writes() == memory.counts["fetch_add"], (
        "nothing but the looks for room"
    )


def test_a_lost_compare_and_set_confirms_the_capacity_again() -> None:
    # The plan's loop continued to the compare-and-set with capacity that another producer had
    # taken meanwhile.
    class Losing(CountingMemory):
        """Lets another producer take the last slot just before the first compare-and-set."""

        def note(self, kind: str) -> None:
            super().note(kind)
            if kind == "compare_and_set" and self.counts[kind] == 1:
                other.publish(other.next())

    memory = Losing()
    sequencer = MultiProducerSequencer(
        1, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost()
    )
    sequencer.add_gating_sequences(Sequence())
    other, ops = producer_ops(sequencer), producer_ops(sequencer)
    with pytest.raises(TimeoutError):
        ops.next(timeout=1)
    assert sequencer.claimed == 0
    assert sequencer.published_view().get() == 0


def test_a_multi_producer_uses_one_compare_and_set_for_a_claim_that_does_not_wait() -> None:
    memory, consumer = CountingMemory(), Sequence()
    sequencer = MultiProducerSequencer(8, BusySpinWaitStrategy(), memory=memory)
    sequencer.add_gating_sequences(consumer)
    ops = producer_ops(sequencer)
    memory.counts.clear()
    claims = [1, 3, 8, 5, 2] * 20  # across the end of the ring, again and again
    for n in claims:
        high = ops.try_next(n)
        ops.publish(high - n + 1, high)
        consumer.set(high)
    assert memory.counts["compare_and_set"] == len(claims)
    assert memory.read_modify_writes() == len(claims) + memory.counts["fetch_add"]
    assert memory.counts["fetch_add"] <= len(claims)


def test_a_claim_that_waited_uses_one_compare_and_set_too() -> None:
    memory, consumer = CountingMemory(), Sequence()
    host = ScriptedHost(lambda number: consumer.set(0) if number == 120 else None)
    sequencer = MultiProducerSequencer(1, BusySpinWaitStrategy(), memory=memory, host=host)
    sequencer.add_gating_sequences(consumer)
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    memory.counts.clear()
    assert ops.next() == 1
    assert host.pauses == 120
    assert memory.counts["compare_and_set"] == 1
    assert memory.read_modify_writes() == 1 + memory.counts["fetch_add"], (
        "and the fence of each look for room"
    )


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_single_producer_uses_none_but_that_fence_when_it_is_refused_or_closed(size: int) -> None:
    memory = CountingMemory()
    sequencer = SingleProducerSequencer(
        size, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost()
    )
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    memory.counts.clear()
    ops.publish(0, ops.next(size))
    with pytest.raises(TimeoutError):
        ops.next(timeout=0.01)
    with pytest.raises(InsufficientCapacityError):
        ops.try_next()
    assert memory.read_modify_writes() == memory.counts["fetch_add"]
    sequencer.close()
    assert memory.read_modify_writes() == memory.counts["fetch_add"] + 1, (
        "the closer's, which lowers the limit"
    )
    with pytest.raises(RingBufferClosedError):
        ops.next()
    assert memory.read_modify_writes() == memory.counts["fetch_add"] + 1


def test_a_ring_with_several_producers_is_closed_by_two_swaps() -> None:
    memory = CountingMemory()
    sequencer = MultiProducerSequencer(
        2, BusySpinWaitStrategy(), memory=memory, host=ScriptedHost()
    )
    memory.counts.clear()
    sequencer.close()
    assert (memory.counts["exchange"], memory.counts["compare_and_set"]) == (1, 1), (
        "the limit, and the seal"
    )
    sequencer.close()
    assert (memory.counts["exchange"], memory.counts["compare_and_set"]) == (2, 1), (
        "it is sealed once"
    )
