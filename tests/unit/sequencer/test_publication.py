import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    InsufficientCapacityError,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.producer import producer_ops
from tests.unit.sequencer.kinds import Kind, each_kind, gated


@each_kind
@pytest.mark.parametrize(
    ("low", "high"), [(0, None), (5, None), (-1, None), (2, 1), (0, 4), (-1, 0)]
)
def test_what_was_not_claimed_cannot_be_published(kind: Kind, low: int, high: int | None) -> None:
    sequencer, _ = gated(kind, 4)
    ops = producer_ops(sequencer)
    with pytest.raises(ValueError, match=f"cannot publish {low} to"):
        ops.publish(low, high)
    assert sequencer.published_view().get() == -1


@each_kind
def test_what_is_published_cannot_be_published_again(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 2)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(2))
    for low, high in ((0, None), (0, 1), (1, None)):
        with pytest.raises(ValueError, match="Nothing was published"):
            ops.publish(low, high)
    consumer.set(1)
    ops.next(2)
    with pytest.raises(ValueError, match="Nothing was published"):
        ops.publish(0)
    ops.publish(2, 3)


def test_a_single_producer_publishes_in_the_order_of_its_claims() -> None:
    sequencer, _ = gated(SingleProducerSequencer, 8)
    ops = producer_ops(sequencer)
    ops.next()
    ops.next()
    with pytest.raises(ValueError, match="cannot publish 1 to 1: publish from 0 on, up to 1"):
        ops.publish(1)
    assert sequencer.cursor == -1
    ops.publish(0)
    ops.publish(1)
    with pytest.raises(ValueError, match="nothing is claimed that is not published"):
        ops.publish(2)


def test_two_claims_before_a_publication_expose_no_unpublished_slot() -> None:
    sequencer, _ = gated(MultiProducerSequencer, 8)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    first, second = ops.next(), ops.next()
    ops.publish(second)
    assert published.get() == -1
    assert not sequencer.is_available(first)
    assert sequencer.is_available(second)
    ops.publish(first)
    assert published.get() == second


def test_a_multi_producer_publishes_in_any_order() -> None:
    sequencer, _ = gated(MultiProducerSequencer, 8)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    ops.next(8)
    seen = []
    for sequence in (7, 1, 0, 3, 4, 2, 6, 5):
        ops.publish(sequence)
        seen.append(published.get())
    assert seen == [-1, -1, 1, 1, 1, 4, 4, 7]


def test_a_batch_that_goes_round_the_end_is_published_whole() -> None:
    sequencer, consumer = gated(MultiProducerSequencer, 8)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    ops.publish(0, ops.next(6))
    consumer.set(5)
    high = ops.next(7)
    assert published.highest_from(6) == 5
    ops.publish(6, high)
    assert published.get() == 12


def test_a_gap_after_the_end_of_the_ring_is_seen() -> None:
    sequencer, consumer = gated(MultiProducerSequencer, 8)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    ops.publish(0, ops.next(6))
    consumer.set(5)
    ops.next(7)
    ops.publish(6, 9)
    ops.publish(11, 12)
    assert published.get() == 9
    ops.publish(10)
    assert published.get() == 12


def test_a_view_that_was_not_used_for_many_laps_finds_its_way() -> None:
    sequencer, consumer = gated(MultiProducerSequencer, 4)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    assert published.get() == -1
    for sequence in range(43):
        ops.publish(ops.next())
        consumer.set(sequence)
    assert published.get() == 42
    ops.next()
    assert published.get() == 42


def test_unpublished_claims_hold_other_producers_back_even_without_consumers() -> None:
    # Were they not to, a slot could be claimed in two laps at once, and its flag would go back by a
    # lap.
    sequencer = MultiProducerSequencer(4, BusySpinWaitStrategy())
    slow, fast = producer_ops(sequencer), producer_ops(sequencer)
    stuck = slow.next()
    fast.publish(1, fast.next(3))
    with pytest.raises(InsufficientCapacityError):
        fast.try_next()
    slow.publish(stuck)
    assert fast.try_next(4) == 7


def test_a_consumer_that_joins_ahead_of_unpublished_claims_does_not_let_producers_lap_them() -> (
    None
):
    sequencer = MultiProducerSequencer(1, BusySpinWaitStrategy())
    slow, fast, consumer = producer_ops(sequencer), producer_ops(sequencer), Sequence()
    stuck = slow.next()
    sequencer.add_gating_sequences(consumer, start=Sequence(stuck))
    assert consumer.get() == stuck
    with pytest.raises(InsufficientCapacityError):
        fast.try_next()
    slow.publish(stuck)
    assert fast.try_next() == stuck + 1


def test_what_one_thread_claims_another_may_publish() -> None:
    sequencer, _ = gated(MultiProducerSequencer, 4)
    sequence = producer_ops(sequencer).next()
    producer_ops(sequencer).publish(sequence)
    assert sequencer.is_available(sequence)


def test_a_ring_of_one_slot_works_over_many_laps() -> None:
    for kind in (SingleProducerSequencer, MultiProducerSequencer):
        sequencer, consumer = gated(kind, 1)
        ops, published = producer_ops(sequencer), sequencer.published_view()
        for sequence in range(9):
            assert ops.next() == sequence
            assert published.get() == sequence - 1
            ops.publish(sequence)
            assert published.get() == sequence
            with pytest.raises(InsufficientCapacityError):
                ops.try_next()
            consumer.set(sequence)


@each_kind
def test_a_range_that_is_published_in_part_is_refused_whole(kind: Kind) -> None:
    sequencer, _ = gated(kind, 8)
    ops = producer_ops(sequencer)
    ops.next(4)
    ops.publish(0)
    with pytest.raises(ValueError, match="Nothing was published"):
        ops.publish(0, 3)
    assert [sequencer.is_available(sequence) for sequence in range(4)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_range_whose_end_is_published_already_is_refused_whole() -> None:
    sequencer, _ = gated(MultiProducerSequencer, 8)
    ops = producer_ops(sequencer)
    ops.next(4)
    ops.publish(2)
    with pytest.raises(ValueError, match="Nothing was published"):
        ops.publish(0, 3)
    assert [sequencer.is_available(sequence) for sequence in range(4)] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_nothing_of_a_new_lap_is_available_before_it_is_published(size: int) -> None:
    # The flags of a lap are those of the lap before the last: a slot must not look published
    # because it was, two laps ago.
    sequencer, consumer = gated(MultiProducerSequencer, size)
    ops = producer_ops(sequencer)
    for lap in range(6):
        low, high = lap * size, ops.next(size)
        assert not any(sequencer.is_available(sequence) for sequence in range(low, high + 1))
        assert sequencer.published_view().highest_from(low) == low - 1
        for sequence in range(high, low - 1, -1):
            ops.publish(sequence)
            assert sequencer.is_available(sequence)
            assert sequencer.published_view().highest_from(low) == (
                high if sequence == low else low - 1
            )
        consumer.set(high)


@pytest.mark.parametrize("start", range(8))
@pytest.mark.parametrize("gap", range(8))
def test_a_gap_anywhere_in_a_lap_ends_what_is_published(start: int, gap: int) -> None:
    sequencer, consumer = gated(MultiProducerSequencer, 8)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    for sequence in range(8 + start):
        ops.publish(ops.next())
        consumer.set(sequence)
    low = 8 + start
    high = ops.next(8)
    for sequence in range(low, high + 1):
        if sequence != low + gap:
            ops.publish(sequence)
    assert published.highest_from(low) == sequencer.published_view().get() == low + gap - 1
    ops.publish(low + gap)
    assert published.get() == high
