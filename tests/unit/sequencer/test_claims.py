import pytest

from ringbuffer import (
    AdaptiveWaitStrategy,
    BusySpinWaitStrategy,
    InsufficientCapacityError,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.producer import producer_ops
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import Background
from tests.unit.sequencer.kinds import Kind, each_kind, gated


@each_kind
@pytest.mark.parametrize("size", [0, -1, -8, 3, 6, 1000])
def test_a_size_that_is_not_a_power_of_two_is_refused(kind: Kind, size: int) -> None:
    with pytest.raises(ValueError, match=f"must be a power of two, not {size}"):
        kind(size)


@each_kind
def test_the_default_wait_strategy_adapts(kind: Kind) -> None:
    assert isinstance(kind(4).wait_strategy, AdaptiveWaitStrategy)


@each_kind
def test_claims_count_from_zero(kind: Kind) -> None:
    sequencer, _ = gated(kind, 8)
    ops = producer_ops(sequencer)
    assert [ops.next(), ops.next(3), ops.try_next(), ops.try_next(2)] == [
        0,
        3,
        4,
        6,
    ]
    assert sequencer.claimed == 6


@each_kind
@pytest.mark.parametrize("n", [0, -1, 9])
def test_a_claim_of_nothing_or_of_more_than_the_ring_is_refused(kind: Kind, n: int) -> None:
    sequencer, _ = gated(kind, 8)
    ops = producer_ops(sequencer)
    for claim in (ops.next, ops.try_next):
        with pytest.raises(ValueError, match=f"cannot claim {n} slots of a ring of 8"):
            claim(n)
    with pytest.raises(ValueError, match="cannot claim"):
        sequencer.has_available_capacity(n)
    assert sequencer.claimed == -1


@each_kind
def test_a_whole_ring_can_be_claimed_at_once(kind: Kind) -> None:
    sequencer, _ = gated(kind, 8)
    assert producer_ops(sequencer).next(8) == 7


@each_kind
def test_a_full_ring_refuses_and_goes_on_where_it_was_when_there_is_room(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(4))
    for n in (1, 2, 4):
        with pytest.raises(
            InsufficientCapacityError, match=f"fewer than {n} of the ring's 4 slots are free"
        ):
            ops.try_next(n)
    consumer.set(1)
    with pytest.raises(InsufficientCapacityError):
        ops.try_next(3)
    assert ops.try_next(2) == 5
    assert sequencer.claimed == 5


@each_kind
def test_a_timed_out_claim_leaves_no_hole(kind: Kind) -> None:
    host = ScriptedHost()
    sequencer = kind(2, BusySpinWaitStrategy(), host=host)
    consumer = Sequence()
    sequencer.add_gating_sequences(consumer)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(2))
    with pytest.raises(
        TimeoutError, match=r"no free capacity for 1 event\(s\) in the ring of 2 .*within 0.25 s"
    ):
        ops.next(timeout=0.25)
    assert host.now >= 0.25
    assert sequencer.claimed == 1
    consumer.set(0)
    assert ops.next(timeout=0.25) == 2
    ops.publish(2)
    assert sequencer.published_view().highest_from(2) == 2


@each_kind
def test_a_timeout_of_zero_does_not_wait(kind: Kind) -> None:
    host = ScriptedHost()
    sequencer = kind(1, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    ops.publish(ops.next(timeout=0))
    with pytest.raises(TimeoutError):
        ops.next(timeout=0)
    assert host.calls == []


@each_kind
def test_a_producer_spins_then_yields_then_parks_until_a_consumer_advances(kind: Kind) -> None:
    consumer = Sequence()
    host = ScriptedHost(lambda number: consumer.set(0) if number == 120 else None)
    sequencer = kind(1, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(consumer)
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    assert ops.next() == 1
    assert host.calls == ["yield"] * 100 + ["park"] * 20
    assert host.now < 0.05


@each_kind
def test_a_park_does_not_outlast_the_deadline(kind: Kind) -> None:
    host = ScriptedHost()
    sequencer = kind(1, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    with pytest.raises(TimeoutError):
        ops.next(timeout=0.00525)
    assert host.now == pytest.approx(0.00525, abs=1e-9)


@each_kind
def test_a_blocked_claim_goes_on_when_a_consumer_advances(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 2)

    def produce() -> int:
        ops = producer_ops(sequencer)
        ops.publish(0, ops.next(2))
        return ops.next(timeout=30)

    with Background(produce) as producer:
        barrier = sequencer.new_barrier()
        assert barrier.wait_for(1) == 1
        consumer.set(1)
    assert producer.result == 2


@each_kind
@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
def test_everything_claimed_and_published_is_available_over_many_laps(
    kind: Kind, size: int
) -> None:
    sequencer, consumer = gated(kind, size)
    ops, published = producer_ops(sequencer), sequencer.published_view()
    expected = -1
    for lap in range(5 * size + 7):
        n = 1 + lap % size
        high = ops.next(n)
        assert high == expected + n
        assert published.get() == expected
        ops.publish(expected + 1, high)
        assert published.get() == published.highest_from(expected + 1) == high
        assert all(sequencer.is_available(sequence) for sequence in range(expected + 1, high + 1))
        expected = high
        consumer.set(high)


@each_kind
def test_a_sequence_is_available_from_its_publication_until_its_slot_is_claimed_again(
    kind: Kind,
) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    assert not any(sequencer.is_available(sequence) for sequence in range(-6, 6))
    ops.next(2)
    assert not sequencer.is_available(0)
    ops.publish(0, 1)
    assert [sequencer.is_available(sequence) for sequence in (-1, 0, 1, 2)] == [
        False,
        True,
        True,
        False,
    ]
    consumer.set(1)
    ops.publish(2, ops.next(3))
    assert [sequencer.is_available(sequence) for sequence in range(6)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]


@each_kind
def test_remaining_capacity_is_from_nothing_to_the_whole_ring(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    assert sequencer.remaining_capacity() == 4
    ops.publish(0, ops.next(3))
    assert sequencer.remaining_capacity() == 1
    ops.publish(ops.next())
    assert sequencer.remaining_capacity() == 0
    consumer.set(3)
    assert sequencer.remaining_capacity() == 4
    consumer.set(50)  # a consumer that claims to be ahead does not make the ring larger
    assert sequencer.remaining_capacity() == 4


@each_kind
def test_asking_for_capacity_moves_nothing(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(2))
    assert sequencer.has_available_capacity(2)
    assert not sequencer.has_available_capacity(3)
    assert (sequencer.cursor, sequencer.claimed, consumer.get()) == (1, 1, -1)
    assert ops.next() == 2


@each_kind
def test_the_minimum_gating_sequence_is_the_slowest_consumers_or_else_the_cursor(
    kind: Kind,
) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(5))
    assert sequencer.minimum_gating_sequence == 4
    slow, fast = Sequence(), Sequence()
    sequencer.add_gating_sequences(slow, fast)
    assert (slow.get(), fast.get()) == (4, 4)
    fast.set(9)
    assert sequencer.minimum_gating_sequence == 4
    assert sequencer.remove_gating_sequence(slow)
    assert not sequencer.remove_gating_sequence(slow)
    assert sequencer.minimum_gating_sequence == 9


@each_kind
def test_a_consumer_that_is_added_to_a_running_ring_holds_producers_back_from_there(
    kind: Kind,
) -> None:
    sequencer = kind(4, BusySpinWaitStrategy())
    ops = producer_ops(sequencer)
    for _ in range(10):
        ops.publish(ops.next())
    late = Sequence()
    sequencer.add_gating_sequences(late)
    assert late.get() == 9
    ops.publish(10, ops.next(4))
    with pytest.raises(InsufficientCapacityError):
        ops.try_next()


@each_kind
def test_without_consumers_a_ring_is_never_full_of_what_is_published(kind: Kind) -> None:
    sequencer = kind(2, BusySpinWaitStrategy())
    ops = producer_ops(sequencer)
    for expected in range(50):
        assert ops.try_next() == expected
        ops.publish(expected)


@each_kind
def test_removing_the_last_consumer_frees_the_producers(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(4))
    sequencer.remove_gating_sequence(consumer)
    for expected in range(4, 40):
        assert ops.try_next() == expected
        ops.publish(expected)


def test_the_cursor_of_a_single_producer_is_what_is_published() -> None:
    sequencer = SingleProducerSequencer(4, BusySpinWaitStrategy())
    ops = producer_ops(sequencer)
    ops.next(2)
    assert (sequencer.cursor, sequencer.claimed) == (-1, 1)
    ops.publish(0)
    assert (sequencer.cursor, sequencer.claimed) == (0, 1)


def test_the_cursor_of_a_multi_producer_is_what_is_claimed() -> None:
    sequencer = MultiProducerSequencer(4, BusySpinWaitStrategy())
    ops = producer_ops(sequencer)
    ops.next(2)
    assert sequencer.cursor == sequencer.claimed == 1
    assert sequencer.published_view().get() == -1


@each_kind
def test_parks_double_up_to_a_millisecond(kind: Kind) -> None:
    class Parks(ScriptedHost):
        def pause(self, kind: str, seconds: float | None) -> None:
            super().pause(kind, seconds)
            if kind == "park":
                parks.append(seconds)

    parks: list[float | None] = []
    consumer = Sequence()
    host = Parks(lambda number: consumer.set(0) if number == 108 else None)
    sequencer = kind(1, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(consumer)
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    assert ops.next() == 1
    assert parks == pytest.approx([50e-6, 100e-6, 200e-6, 400e-6, 800e-6, 1e-3, 1e-3, 1e-3])


@each_kind
def test_a_timed_out_batch_claims_none_of_it_though_part_would_fit(kind: Kind) -> None:
    host = ScriptedHost()
    sequencer = kind(8, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(5))
    with pytest.raises(TimeoutError, match="Nothing was claimed"):
        ops.next(4, 0.1)
    assert sequencer.claimed == 4
    assert sequencer.remaining_capacity() == 3
    assert ops.next(3, 0.1) == 7
