import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    DeadlockError,
    MultiProducerSequencer,
    ProducerThreadError,
    Sequence,
    SingleProducerSequencer,
)
from tests.support.threads import Background
from tests.unit.sequencer.kinds import Kind, each_kind, gated


def single() -> SingleProducerSequencer:
    sequencer, _ = gated(SingleProducerSequencer, 8)
    assert isinstance(sequencer, SingleProducerSequencer)
    return sequencer


def test_a_second_producing_thread_is_refused() -> None:
    sequencer = single()
    sequencer.producer_barrier().next()
    thread = Background(sequencer.producer_barrier).start()
    with pytest.raises(ProducerThreadError, match="has a single producer, and that is thread 'MainThread'"):
        thread.join()


def test_using_the_producer_of_another_thread_is_refused() -> None:
    sequencer = single()
    barrier = sequencer.producer_barrier()
    for claim in (barrier.next, barrier.try_next):
        with pytest.raises(ProducerThreadError, match="cannot produce"):
            Background(claim).start().join()
    assert sequencer.claimed == -1
    assert barrier.next() == 0


def test_the_same_thread_may_ask_again_and_goes_on() -> None:
    sequencer = single()
    sequencer.producer_barrier().next(2)
    again = sequencer.producer_barrier()
    again.publish(0, 1)
    assert again.next() == 2


def test_a_thread_that_has_ended_is_succeeded() -> None:
    sequencer = single()

    def produce() -> None:
        barrier = sequencer.producer_barrier()
        barrier.publish(barrier.next())
        barrier.next()

    Background(produce).start().join()
    barrier = sequencer.producer_barrier()
    barrier.publish(1)  # what the former thread claimed and did not publish
    assert barrier.next() == 2


def test_production_is_handed_over_by_releasing_it() -> None:
    sequencer = single()
    barrier = sequencer.producer_barrier()
    barrier.publish(barrier.next())
    sequencer.release_producer()

    def produce() -> None:
        barrier = sequencer.producer_barrier()
        barrier.publish(barrier.next())
        with pytest.raises(ProducerThreadError):
            Background(sequencer.release_producer).start().join()
        sequencer.release_producer()

    Background(produce).start().join()
    assert sequencer.producer_barrier().next() == 2


def test_whoever_released_the_production_is_refused_at_the_latest_when_the_ring_looks_full() -> None:
    sequencer = single()
    barrier = sequencer.producer_barrier()
    sequencer.release_producer()
    barrier.publish(0, barrier.next(8))
    with pytest.raises(ProducerThreadError, match="no thread owns its production now"):
        barrier.try_next()


def test_a_multi_producer_serves_any_thread() -> None:
    sequencer, _ = gated(MultiProducerSequencer, 8)
    assert [Background(lambda: sequencer.producer_barrier().next()).start().join() for _ in range(3)] == [0, 1, 2]


def test_a_thread_that_waits_for_its_own_unpublished_claims_is_told() -> None:
    sequencer = SingleProducerSequencer(4, BusySpinWaitStrategy())
    barrier = sequencer.producer_barrier()
    barrier.next(3)
    with pytest.raises(DeadlockError, match="waits for itself; publish first"):
        barrier.next(2)
    barrier.publish(0, 2)
    assert barrier.next(2) == 4


@each_kind
def test_a_consumer_that_waits_for_room_that_only_it_can_make_is_told(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    barrier = sequencer.producer_barrier()
    barrier.publish(0, barrier.next(4))
    sequencer.state.enter_consumer(consumer)
    with pytest.raises(DeadlockError, match="the ring of 4 slots that it consumes itself"):
        barrier.next()
    consumer.set(0)
    assert barrier.next() == 4
    barrier.publish(4)
    sequencer.state.leave_consumer()
    with pytest.raises(TimeoutError):
        barrier.next(timeout=0.001)


@each_kind
def test_a_consumer_that_is_not_in_its_own_way_may_wait(kind: Kind) -> None:
    sequencer, slow = gated(kind, 4)
    own = Sequence()
    sequencer.add_gating_sequences(own)
    barrier = sequencer.producer_barrier()
    barrier.publish(0, barrier.next(4))
    own.set(3)
    sequencer.state.enter_consumer(own)
    with pytest.raises(TimeoutError):
        barrier.next(timeout=0.001)
    slow.set(0)
    assert barrier.next() == 4
